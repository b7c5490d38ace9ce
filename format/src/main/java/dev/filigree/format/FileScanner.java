package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Walks the top-level fields of a file: reads the manifest and slices the payloads. */
final class FileScanner {
    private static final int MAX_VARINT_BITS = 63;
    /** Tag and {@code uint32}. */
    private static final int MAX_VERSION_BYTES = 6;

    private final Source source;
    private final MemorySegment file;
    private long position;

    private FileScanner(Source source, MemorySegment file) {
        this.source = source;
        this.file = file;
    }

    /**
     * What the top level holds.
     *
     * @param fileBytes length of the whole file
     * @param manifest its version and checksum verified
     * @param table the payload table
     * @param payloads slices of the file, as many and as long as the payload table says
     */
    record Contents(long fileBytes, WireMessage manifest, List<Entry> table, List<MemorySegment> payloads) {}

    /**
     * What the payload table says of a payload.
     *
     * @param length bytes, unsigned
     * @param crc32c of them
     */
    record Entry(long length, int crc32c) {}

    static Contents scan(Source source, MemorySegment file) throws ModelFormatException {
        requireMagic(source, file);
        FileScanner scanner = new FileScanner(source, file);
        scanner.position = FileLayout.magic().length;
        WireMessage manifest = scanner.readManifest();
        List<Entry> table = table(manifest);
        return new Contents(file.byteSize(), manifest, table, scanner.readPayloads(table));
    }

    /** Looks at the first bytes of a file. */
    static void requireMagic(Source source, MemorySegment file) throws ModelFormatException {
        byte[] magic = FileLayout.magic();
        byte[] start = LittleEndian.bytesOf(file.asSlice(0, Math.min(file.byteSize(), magic.length)));
        for (int i = 0; i < magic.length; i++) {
            if (i == start.length) {
                throw source.refuse(Refusal.TRUNCATED, "the file ends within its first " + magic.length + " bytes; copy it again.");
            }
            if (start[i] != magic[i]) {
                throw source.refuse(Refusal.NOT_FILIGREE, "this is not a Filigree model file: it does not start with 0A 08 'filigree'.");
            }
        }
    }

    private WireMessage readManifest() throws ModelFormatException {
        long start = position;
        if (readVarint() != FileLayout.MANIFEST_TAG) {
            throw source.refuse(Refusal.BAD_LAYOUT, "the field at byte " + start + " should be the manifest.");
        }
        long length = readVarint();
        if (length > Limits.MANIFEST_BYTES) {
            throw source.refuse(Refusal.LIMIT_EXCEEDED,
                    "the manifest claims " + length + " bytes, more than the " + Limits.MANIFEST_BYTES + " that this reader accepts.");
        }
        byte[] bytes = LittleEndian.bytesOf(slice(length, "the manifest"));
        checkVersion(bytes);
        checkChecksum(bytes);
        return WireMessage.of(source, bytes, file.byteSize());
    }

    private static List<Entry> table(WireMessage manifest) throws ModelFormatException {
        List<Entry> table = new ArrayList<>();
        for (WireMessage entry : manifest.messages(FiligreeProto.Manifest.PAYLOADS_FIELD_NUMBER)) {
            table.add(new Entry(
                    entry.uint64(FiligreeProto.Payload.LENGTH_FIELD_NUMBER), entry.fixed32(FiligreeProto.Payload.CRC32C_FIELD_NUMBER)));
        }
        return table;
    }

    /** Looks at the first field alone, since a newer major version may have changed everything after it. */
    private void checkVersion(byte[] manifest) throws ModelFormatException {
        // One byte of tag, and a varint of up to five.
        long major = 0;
        int end = 1;
        if (manifest.length > 0 && manifest[0] == FileLayout.MAJOR_TAG) {
            do {
                if (end == manifest.length) {
                    throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest ends within its version.");
                }
                major |= (manifest[end] & 0x7FL) << 7 * (end - 1);
            } while (manifest[end++] < 0 && end <= MAX_VERSION_BYTES);
        }
        if (major == 0) {
            throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest does not start with the format's version.");
        }
        if (major > FileLayout.MAJOR) {
            throw source.refuse(Refusal.VERSION_TOO_NEW, "the file is in version " + major
                    + " of the format and this program reads version " + FileLayout.MAJOR + "; use a newer Filigree.");
        }
    }

    private void checkChecksum(byte[] manifest) throws ModelFormatException {
        int covered = manifest.length - FileLayout.CHECKSUM_BYTES;
        if (covered < 0) {
            throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest is too short to hold its checksum.");
        }
        byte[] field = FileLayout.checksumField(manifest, covered);
        int wrong = Arrays.mismatch(manifest, covered, manifest.length, field, 0, field.length);
        if (wrong >= 0 && wrong < FileLayout.CHECKSUM_BYTES - Integer.BYTES) {
            throw source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest does not end with its checksum.");
        }
        if (wrong >= 0) {
            throw source.refuse(Refusal.BAD_MANIFEST_CHECKSUM, "the manifest is damaged: its checksum does not fit; copy the file again.");
        }
    }

    private List<MemorySegment> readPayloads(List<Entry> table) throws ModelFormatException {
        if (table.size() > Limits.PAYLOADS) {
            throw source.refuse(Refusal.LIMIT_EXCEEDED,
                    "the file claims " + table.size() + " payloads, more than the " + Limits.PAYLOADS + " that this reader accepts.");
        }
        List<MemorySegment> payloads = new ArrayList<>(table.size());
        for (Entry entry : table) {
            payloads.add(readPayload(payloads.size(), table.size(), entry.length()));
        }
        if (position < file.byteSize()) {
            throw source.refuse(Refusal.TRAILING_DATA,
                    (file.byteSize() - position) + " bytes follow the last payload, at byte " + position + ".");
        }
        return payloads;
    }

    private MemorySegment readPayload(int index, int count, long stated) throws ModelFormatException {
        if (position == file.byteSize()) {
            throw source.refuse(Refusal.TRUNCATED, "the file ends after " + index + " of " + count + " payloads; copy it again.");
        }
        String name = "payload " + index;
        long start = position;
        long tag = readVarint();
        if (tag == FileLayout.PADDING_TAG) {
            skipPadding(start);
            start = position;
            tag = readVarint();
        }
        if (tag != FileLayout.PAYLOAD_TAG) {
            throw source.refuse(Refusal.BAD_LAYOUT, "the field at byte " + start + " should be " + name + ".");
        }
        long length = readVarint();
        long offset = position;
        MemorySegment payload = slice(length, name);
        if (length != stated) {
            throw source.refuse(Refusal.BAD_PAYLOAD_TABLE, name + " at byte " + offset + " has " + length
                    + " bytes where the payload table says " + Long.toUnsignedString(stated) + ".");
        }
        if (offset % FileLayout.ALIGNMENT != 0) {
            throw source.refuse(Refusal.MISALIGNED,
                    name + " starts at byte " + offset + ", which is not divisible by " + FileLayout.ALIGNMENT + ".");
        }
        return payload;
    }

    private void skipPadding(long start) throws ModelFormatException {
        long length = readVarint();
        if (length >= FileLayout.ALIGNMENT) {
            throw source.refuse(Refusal.BAD_LAYOUT, "the padding at byte " + start + " is longer than alignment can need.");
        }
        for (byte padding : LittleEndian.bytesOf(slice(length, "padding"))) {
            if (padding != 0) {
                throw source.refuse(Refusal.PADDING_NOT_ZERO, "the padding at byte " + start + " is not zero.");
            }
        }
    }

    private MemorySegment slice(long length, String what) throws ModelFormatException {
        if (length > file.byteSize() - position) {
            throw source.refuse(Refusal.TRUNCATED, "the file ends within " + what + ", which starts at byte " + position
                    + " and claims " + length + " bytes; copy it again.");
        }
        MemorySegment slice = file.asSlice(position, length);
        position += length;
        return slice;
    }

    /** A tag or length; never negative. */
    private long readVarint() throws ModelFormatException {
        long start = position;
        long value = 0;
        byte[] bytes = LittleEndian.bytesOf(file.asSlice(start, Math.min(file.byteSize() - start, MAX_VARINT_BITS / 7)));
        for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
            if (position == file.byteSize()) {
                throw source.refuse(Refusal.TRUNCATED, "the file ends within a tag or length at byte " + start + "; copy it again.");
            }
            byte next = bytes[(int) (position++ - start)];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw source.refuse(Refusal.BAD_LAYOUT, "the tag or length at byte " + start + " is longer than nine bytes.");
    }
}
