package dev.filigree.runtime.kernel.cuda;

import dev.filigree.runtime.kernel.TokenBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A batch as the kernels read it, int32 numbers that go to the device in one copy: where each sequence starts and, last, where they end
 * {@code [sequences + 1]}, then ids, positions and types, {@code [tokens]} each, of the bucket's sizes.
 */
final class Inputs {
    private Inputs() {}

    /** Offset of the ids, in bytes. */
    static long ids(Bucket bucket) {
        return 4L * (bucket.sequences() + 1);
    }

    /** Offset of the positions, in bytes. */
    static long positions(Bucket bucket) {
        return ids(bucket) + 4L * bucket.tokens();
    }

    /** Offset of the types, in bytes. */
    static long types(Bucket bucket) {
        return ids(bucket) + 8L * bucket.tokens();
    }

    /** Bytes of all. */
    static long bytes(Bucket bucket) {
        return ids(bucket) + 12L * bucket.tokens();
    }

    /** Writes sequences {@code first} to {@code end} of a batch. Those of the bucket past them are empty, tokens past theirs are id 0. */
    static void write(TokenBatch batch, int first, int end, Bucket bucket, MemorySegment to) {
        int from = batch.offsets()[first];
        int tokens = batch.offsets()[end] - from;
        for (int sequence = 0; sequence <= bucket.sequences(); sequence++) {
            to.setAtIndex(ValueLayout.JAVA_INT, sequence, batch.offsets()[Math.min(first + sequence, end)] - from);
        }
        long positions = positions(bucket);
        for (int sequence = first; sequence < end; sequence++) {
            long at = positions + 4L * (batch.offsets()[sequence] - from);
            for (int position = 0; position < batch.length(sequence); position++) {
                to.set(ValueLayout.JAVA_INT, at + 4L * position, position);
            }
        }
        MemorySegment.copy(batch.ids(), from, to, ValueLayout.JAVA_INT, ids(bucket), tokens);
        MemorySegment.copy(batch.types(), from, to, ValueLayout.JAVA_INT, types(bucket), tokens);
        for (int token = tokens; token < bucket.tokens(); token++) {
            to.set(ValueLayout.JAVA_INT, ids(bucket) + 4L * token, 0);
            to.set(ValueLayout.JAVA_INT, positions + 4L * token, 0);
            to.set(ValueLayout.JAVA_INT, types(bucket) + 4L * token, 0);
        }
    }
}
