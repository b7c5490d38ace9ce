package dev.filigree.runtime.kernel;

/**
 * A model made ready to run by one provider: weights laid out, buffers planned. Safe for use by several threads at once. {@link #close}
 * frees what it holds; the caller sees to it that no call is in flight.
 */
public interface EncoderProgram extends AutoCloseable {
    /** Logits of every sequence, row-major {@code [sequences, labels]}. */
    float[] logits(TokenBatch batch);

    /**
     * Begins with the logits of a batch, so that the caller can do something else while a device works on them. It must be closed, and may
     * hold what other calls wait for until then. Programs without a device of their own begin when they are asked for the logits.
     */
    default Pending begin(TokenBatch batch) {
        return () -> logits(batch);
    }

    /** Logits on their way; for one thread. */
    interface Pending extends AutoCloseable {
        /** Waits for them, row-major {@code [sequences, labels]}. To be called once at most. */
        float[] logits();

        /** Waits for the device, where {@link #logits} has not. */
        @Override
        default void close() {}
    }

    /** Hidden states of the last layer, row-major {@code [tokens, hidden]}. */
    float[] hiddenStates(TokenBatch batch);

    @Override
    void close();
}
