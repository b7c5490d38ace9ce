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
        return new NotBegun(this, batch);
    }

    /** Begins when it is asked. */
    record NotBegun(EncoderProgram program, TokenBatch batch) implements Pending {
        @Override
        public float[] outputs() {
            return program.logits(batch);
        }
    }

    /** Outputs on their way; for one thread. */
    interface Pending extends AutoCloseable {
        /** Waits for them, row-major {@code [sequences, labels]}. To be called once at most. */
        float[] outputs();

        /** Waits for the device, where {@link #outputs} has not. */
        @Override
        default void close() {}
    }

    /**
     * So many tokens bring the kernels to their best: a pass with more takes longer and computes no more in a second. Who gathers requests
     * for one pass does well to stop here.
     */
    default int efficientTokens() {
        return 128;
    }

    /** Hidden states of the last layer, row-major {@code [tokens, hidden]}. */
    float[] hiddenStates(TokenBatch batch);

    /**
     * One vector a sequence, row-major {@code [sequences, hidden]}: the mean of the hidden states of all its tokens, special tokens
     * included.
     *
     * @param firstOnly takes the hidden state of the first token, {@code [CLS]}, instead
     */
    default float[] pooled(TokenBatch batch, boolean firstOnly) {
        float[] states = hiddenStates(batch);
        int sequences = batch.sequences();
        int hidden = sequences == 0 ? 0 : states.length / batch.tokens();
        float[] pooled = new float[sequences * hidden];
        for (int sequence = 0; sequence < sequences; sequence++) {
            int first = batch.offsets()[sequence];
            int end = firstOnly ? first + 1 : batch.offsets()[sequence + 1];
            for (int i = 0; i < hidden; i++) {
                double sum = 0;
                for (int token = first; token < end; token++) {
                    sum += states[token * hidden + i];
                }
                pooled[sequence * hidden + i] = (float) (sum / (end - first));
            }
        }
        return pooled;
    }

    @Override
    void close();
}
