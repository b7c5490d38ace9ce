package dev.filigree.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/** Long segments as a sequence of byte buffers, through one piece of heap that is used again and again. */
final class Segments {
    private static final int CHUNK = 1 << 16;

    private final byte[] chunk;

    /** Prepares to read such segments. */
    Segments(List<MemorySegment> segments) {
        long longest = 0;
        for (MemorySegment segment : segments) {
            longest = Math.max(longest, segment.byteSize());
        }
        chunk = new byte[(int) Math.min(CHUNK, longest)];
    }

    /** What is done with each piece of a segment. */
    @FunctionalInterface
    interface Sink {
        void accept(ByteBuffer piece) throws IOException;
    }

    /**
     * Hands out the segment's bytes in order. Through a copy, for two reasons: segments over heap arrays but {@code byte[]} have no
     * buffer; and a fault on a mapped page, when a file is cut short while it is read, is an {@link InternalError} in a copy, but the end
     * of the JVM within the intrinsic that computes a checksum.
     */
    void forEachPiece(MemorySegment segment, Sink sink) throws IOException {
        for (long offset = 0; offset < segment.byteSize(); offset += chunk.length) {
            sink.accept(ByteBuffer.wrap(chunk, 0, copy(segment, offset)));
        }
    }

    /** Copies what follows an offset; answers how much that is. */
    private int copy(MemorySegment segment, long offset) {
        int length = (int) Math.min(chunk.length, segment.byteSize() - offset);
        MemorySegment.copy(segment, offset, MemorySegment.ofArray(chunk), 0, length);
        return length;
    }

    /** The CRC32C (Castagnoli) of all bytes. */
    int crc32c(MemorySegment segment) {
        CRC32C crc = new CRC32C();
        for (long offset = 0; offset < segment.byteSize(); offset += chunk.length) {
            crc.update(chunk, 0, copy(segment, offset));
        }
        return (int) crc.getValue();
    }
}
