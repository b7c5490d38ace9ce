package dev.filigree.format;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.filigree.format.proto.FiligreeProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** The wire layout that writer and reader share; {@code docs/format.md} is its specification. */
final class FileLayout {
    static final int MAJOR = 1;
    static final int MINOR = 0;

    /** Payloads start at file offsets divisible by this: a cache line, and the widest vector. */
    static final int ALIGNMENT = 64;

    static final int MAGIC_TAG = lengthDelimited(FiligreeProto.ModelFile.MAGIC_FIELD_NUMBER);
    static final int MANIFEST_TAG = lengthDelimited(FiligreeProto.ModelFile.MANIFEST_FIELD_NUMBER);
    static final int PADDING_TAG = lengthDelimited(FiligreeProto.ModelFile.PADDING_FIELD_NUMBER);
    static final int PAYLOAD_TAG = lengthDelimited(FiligreeProto.ModelFile.PAYLOAD_FIELD_NUMBER);

    /** Bytes of the checksum field at the end of the manifest: a tag of two, and the CRC32C. */
    static final int CHECKSUM_BYTES = 2 + Integer.BYTES;
    /** Tag of {@code Manifest.major}, with which every manifest starts. */
    static final int MAJOR_TAG = FiligreeProto.Manifest.MAJOR_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_VARINT;

    private static final int CHECKSUM_TAG = FiligreeProto.Manifest.CHECKSUM_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_FIXED32;

    private static final String MAGIC = "filigree";

    private FileLayout() {}

    private static int lengthDelimited(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** The first bytes of every file. */
    static byte[] magic() {
        byte[] text = MAGIC.getBytes(StandardCharsets.US_ASCII);
        byte[] magic = new byte[text.length + 2];
        magic[0] = (byte) MAGIC_TAG;
        magic[1] = (byte) text.length;
        System.arraycopy(text, 0, magic, 2, text.length);
        return magic;
    }

    /** The checksum field that belongs after the first {@code covered} bytes of a manifest. */
    static byte[] checksumField(byte[] manifest, int covered) {
        CRC32C crc = new CRC32C();
        crc.update(manifest, 0, covered);
        ByteBuffer field = ByteBuffer.allocate(CHECKSUM_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        field.put((byte) (CHECKSUM_TAG | 0x80)).put((byte) (CHECKSUM_TAG >>> 7)).putInt((int) crc.getValue());
        return field.array();
    }

    /** Bytes of the tag and length before a payload. */
    static int payloadHeader(long length) {
        return CodedOutputStream.computeUInt32SizeNoTag(PAYLOAD_TAG) + CodedOutputStream.computeUInt64SizeNoTag(length);
    }

    /** Bytes, 0 or 2 to 65, of the padding field (tag and length included) that goes at {@code offset}, before a payload. */
    static int paddingField(long offset, long payloadLength) {
        int gap = (int) -Math.floorMod(offset + payloadHeader(payloadLength), (long) ALIGNMENT) & (ALIGNMENT - 1);
        // A field takes two bytes at least.
        return gap == 1 ? gap + ALIGNMENT : gap;
    }
}
