package dev.filigree.pruner.base;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.zip.CRC32C;

/**
 * A LevelDB table (<a href="https://github.com/google/leveldb/blob/main/doc/table_format.md">format</a>), which is what TensorFlow keeps
 * the index of a tensor bundle in: blocks of sorted entries, each block with a checksum, and an index block of blocks. Small enough to be
 * read as a whole.
 */
final class LevelTable {
    private static final int FOOTER_BYTES = 48;
    private static final long MAGIC = 0xdb4775248b80fb57L;
    /** Compression type and checksum after each block. */
    private static final int TRAILER_BYTES = 5;
    private static final int CHECKSUM_MASK = 0xa282ead8;
    /** Longer than any name; without it, keys that grow by sharing could take memory quadratic in the file's size. */
    private static final int MAX_KEY_BYTES = 1 << 12;

    private final byte[] file;
    private final String source;
    private final SequencedMap<String, byte[]> entries = new LinkedHashMap<>();
    private byte[] lastKey = {};

    private LevelTable(byte[] file, String source) {
        this.file = file;
        this.source = source;
    }

    /**
     * Every entry, in the order of the keys.
     *
     * @param source what messages call the file
     */
    static SequencedMap<String, byte[]> read(byte[] file, String source) throws BaseModelException {
        return new LevelTable(file, source).read();
    }

    /** The CRC32C as LevelDB and TensorFlow store it: rotated and shifted, so that a checksum of checksums stays meaningful. */
    static int masked(CRC32C crc) {
        return Integer.rotateRight((int) crc.getValue(), 15) + CHECKSUM_MASK;
    }

    private SequencedMap<String, byte[]> read() throws BaseModelException {
        if (file.length < FOOTER_BYTES || littleEndian(file).getLong(file.length - Long.BYTES) != MAGIC) {
            throw refuse("does not end like a LevelDB table");
        }
        ByteBuffer footer = littleEndian(file).position(file.length - FOOTER_BYTES);
        // The meta-index comes first; it names filters, which a whole read does not need.
        block(footer);
        forEachEntry(block(footer), (_, handle) -> forEachEntry(block(ByteBuffer.wrap(handle)), this::add));
        return entries;
    }

    private interface Entries {
        void accept(byte[] key, byte[] value) throws BaseModelException;
    }

    private void add(byte[] key, byte[] value) throws BaseModelException {
        if (!entries.isEmpty() && Arrays.compareUnsigned(lastKey, key) >= 0) {
            throw refuse("has keys out of order");
        }
        lastKey = key;
        entries.put(new String(key, StandardCharsets.UTF_8), value);
    }

    /** The contents of the block that a handle of offset and size points to. */
    private ByteBuffer block(ByteBuffer handle) throws BaseModelException {
        long offset = varint(handle);
        long size = varint(handle);
        long end = (long) file.length - FOOTER_BYTES - TRAILER_BYTES;
        if (offset < 0 || size < Integer.BYTES || size > end || offset > end - size) {
            throw refuse("has a block of " + size + " bytes at " + offset + ", outside the file");
        }
        ByteBuffer trailer = littleEndian(file).position((int) (offset + size));
        byte compression = trailer.get();
        CRC32C crc = new CRC32C();
        crc.update(file, (int) offset, (int) size + 1);
        if (trailer.getInt() != masked(crc)) {
            throw refuse("is damaged: the checksum of its block at " + offset + " is wrong");
        }
        if (compression != 0) {
            throw refuse("has a compressed block, which TensorFlow does not write");
        }
        return littleEndian(file).slice((int) offset, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Entries of a block, each a prefix shared with the key before, the rest of the key, and the value; an array of restarts ends it. */
    private void forEachEntry(ByteBuffer block, Entries sink) throws BaseModelException {
        long restarts = Integer.toUnsignedLong(block.getInt(block.limit() - Integer.BYTES));
        long end = block.limit() - Integer.BYTES * (restarts + 1);
        if (end < 0) {
            throw refuse("has a block that is too short for its " + restarts + " restarts");
        }
        block.limit((int) end);
        byte[] key = {};
        while (block.hasRemaining()) {
            long shared = varint(block);
            long rest = varint(block);
            long length = varint(block);
            if (shared < 0 || rest < 0 || length < 0 || shared > key.length || rest > block.remaining()
                    || length > block.remaining() - rest || shared + rest > MAX_KEY_BYTES) {
                throw refuse("has an entry that is longer than its block, or a key longer than any name");
            }
            byte[] next = Arrays.copyOf(key, (int) (shared + rest));
            block.get(next, (int) shared, (int) rest);
            byte[] value = new byte[(int) length];
            block.get(value);
            sink.accept(next, value);
            key = next;
        }
    }

    private long varint(ByteBuffer from) throws BaseModelException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && from.hasRemaining(); shift += 7) {
            byte next = from.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw refuse("has a number that does not end");
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private BaseModelException refuse(String what) {
        return new BaseModelException(source + " " + what + ": get the model again.");
    }
}
