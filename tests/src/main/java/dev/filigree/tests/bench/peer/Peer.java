package dev.filigree.tests.bench.peer;

import dev.filigree.runtime.kernel.TokenBatch;

/** One engine under measurement. Used by one thread at a time. */
public interface Peer extends AutoCloseable {
    /** Name in the table, for example {@code ort-fp32}. */
    String name();

    /**
     * Runs a batch: token ids in, out come the logits of every sequence, row-major {@code [sequences, labels]}, or, of an encoder
     * without a head, the hidden states {@code [sequences, longest, hidden]}.
     */
    float[] run(TokenBatch batch);

    @Override
    void close();
}
