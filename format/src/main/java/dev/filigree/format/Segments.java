package dev.filigree.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Long segments as a sequence of byte buffers. */
final class Segments {
    private static final int CHUNK = 1 << 16;

    private Segments() {}

    /** What is done with each piece of a segment. */
    @FunctionalInterface
    interface Sink {
        void accept(ByteBuffer piece) throws IOException;
    }

    /** Hands out the segment's bytes in order: through a copy, since segments over heap arrays other than {@code byte[]} have no buffer. */
    static void forEachPiece(MemorySegment segment, Sink sink) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, segment.byteSize())];
        for (long offset = 0; offset < segment.byteSize(); offset += chunk.length) {
            int length = (int) Math.min(chunk.length, segment.byteSize() - offset);
            MemorySegment.copy(segment, offset, MemorySegment.ofArray(chunk), 0, length);
            sink.accept(ByteBuffer.wrap(chunk, 0, length));
        }
    }

    /** The CRC32C (Castagnoli) of all bytes. */
    static int crc32c(MemorySegment segment) {
        CRC32C crc = new CRC32C();
        try {
            forEachPiece(segment, crc::update);
        } catch (IOException e) {
            throw new AssertionError("A checksum does no I/O.", e);
        }
        return (int) crc.getValue();
    }
}
