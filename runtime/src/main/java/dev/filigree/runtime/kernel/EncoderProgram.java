package dev.filigree.runtime.kernel;

/**
 * A model made ready to run by one provider: weights laid out, buffers planned. Safe for use by several threads at once. {@link #close}
 * frees what it holds; the caller sees to it that no call is in flight.
 */
public interface EncoderProgram extends AutoCloseable {
    /** Logits of every sequence, row-major {@code [sequences, labels]}. */
    float[] logits(TokenBatch batch);

    /** Hidden states of the last layer, row-major {@code [tokens, hidden]}. */
    float[] hiddenStates(TokenBatch batch);

    @Override
    void close();
}
