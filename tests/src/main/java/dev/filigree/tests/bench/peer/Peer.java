package dev.filigree.tests.bench;

import dev.filigree.runtime.kernel.TokenBatch;

/** One engine under measurement: token ids in, logits out. Used by one thread at a time. */
public interface Peer extends AutoCloseable {
    /** Name in the table, for example {@code ort-fp32}. */
    String name();

    /** Logits of every sequence, row-major {@code [sequences, labels]}. */
    float[] logits(TokenBatch batch);

    @Override
    void close();
}
