package dev.filigree.runtime.kernel.nativecode;

/** Told how far a forward pass has come, for measurements with one thread. Calls come from the thread that computes. */
interface StageListener {
    /** For a program that nobody watches. */
    StageListener NONE = new Nobody();

    /** Looks away. */
    record Nobody() implements StageListener {
        @Override
        public void done(Stage stage) {}
    }

    /** Parts of a forward pass; what a kernel does besides, such as GELU and adding the residual, counts for its linear. */
    enum Stage { EMBED, NORM, QUANTISE, QKV, ATTENTION, ATTENTION_OUTPUT, FFN_IN, FFN_OUT, HEAD }

    /** Called at the end of each, as often as it occurs. */
    void done(Stage stage);
}
