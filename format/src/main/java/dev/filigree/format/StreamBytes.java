package dev.filigree.format;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a stream held, in memory outside the heap.
 *
 * @param arena owns the memory; closed by who asked for it
 * @param bytes from the first to the last, aligned as the format's payloads are
 */
record StreamBytes(Arena arena, MemorySegment bytes) {
    private static final int CHUNK = 1 << 16;
    /** The most that is allocated on the word of a stream, which may know how much is to come. */
    private static final int MOST_ANNOUNCED = 1 << 28;

    /**
     * Reads to the end. Room grows with what has come and not with what any length in it claims; a stream that does not begin as a model
     * file does is left at its beginning.
     *
     * @throws ModelFormatException when it is empty or does not begin as a model file does
     */
    static StreamBytes readAll(Source source, InputStream in) throws IOException {
        byte[] chunk = new byte[CHUNK];
        int length = in.readNBytes(chunk, 0, CHUNK);
        if (length == 0) {
            throw source.refuse(Refusal.EMPTY, "there is not one byte to read.");
        }
        FileScanner.requireMagic(source, MemorySegment.ofArray(chunk).asSlice(0, length));
        StreamBytes room = allocate(length + (long) Math.clamp(in.available(), 0, MOST_ANNOUNCED));
        boolean read = false;
        try {
            long end = 0;
            while (length > 0) {
                if (length > room.bytes.byteSize() - end) {
                    room = room.resized(end, Math.max(2 * end, end + length));
                }
                MemorySegment.copy(MemorySegment.ofArray(chunk), 0, room.bytes, end, length);
                end += length;
                length = in.readNBytes(chunk, 0, CHUNK);
            }
            if (end < room.bytes.byteSize()) {
                room = room.resized(end, end);
            }
            read = true;
            return new StreamBytes(room.arena, room.bytes.asReadOnly());
        } finally {
            if (!read) {
                room.arena.close();
            }
        }
    }

    private static StreamBytes allocate(long size) {
        Arena arena = Arena.ofShared();
        boolean allocated = false;
        try {
            MemorySegment bytes = arena.allocate(size, FileLayout.ALIGNMENT);
            allocated = true;
            return new StreamBytes(arena, bytes);
        } finally {
            if (!allocated) {
                arena.close();
            }
        }
    }

    /** The first {@code kept} bytes in other memory, of {@code size} bytes; this one's is freed. */
    private StreamBytes resized(long kept, long size) {
        StreamBytes other = allocate(size);
        MemorySegment.copy(bytes, 0, other.bytes, 0, kept);
        arena.close();
        return other;
    }
}
