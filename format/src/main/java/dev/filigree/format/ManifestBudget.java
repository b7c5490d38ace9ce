package dev.filigree.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.filigree.format.proto.FiligreeProto;
import java.io.IOException;

/**
 * What the parser would allocate for a manifest, added up field by field before it runs. An empty message takes two bytes of a file and a
 * hundred of the heap, so that the length of the manifest alone bounds little. The prices are upper bounds for protobuf-java, which a test
 * holds to what is really allocated.
 */
final class ManifestBudget {
    /** A message: object, its place in a list or map, and the decoded record made of it. */
    private static final int MESSAGE = 256;
    /** A field the schema does not know: the parser keeps it in a tree. */
    private static final int UNKNOWN = 512;
    /** A string without its characters. */
    private static final int STRING = 96;
    /** A number on its own. */
    private static final int NUMBER = 24;
    /** A byte of packed numbers, which are four or eight bytes each. */
    private static final int PACKED_BYTE = 4;
    /** A byte of a string all in ASCII: the string, and a copy of it for a label that is compared. */
    private static final int ASCII_BYTE = 2;
    /** A byte of any other string: decoding makes several copies of two bytes a character. */
    private static final int UNICODE_BYTE = 10;

    private final CodedInputStream in;
    private long left;

    private ManifestBudget(byte[] manifest, long bytes) {
        in = CodedInputStream.newInstance(manifest);
        left = bytes;
    }

    /**
     * Whether parsing allocates no more than so many bytes.
     *
     * @throws InvalidProtocolBufferException when the manifest is no protobuf message, is nested deeper than the schema, or holds a group
     */
    static boolean suffices(byte[] manifest, long bytes) throws InvalidProtocolBufferException {
        ManifestBudget budget = new ManifestBudget(manifest, bytes);
        try {
            budget.message(FiligreeProto.Manifest.getDescriptor());
        } catch (InvalidProtocolBufferException e) {
            throw e;
        } catch (IOException e) {
            throw new AssertionError("An array does no I/O.", e);
        }
        return budget.left >= 0;
    }

    /** Reads up to the current limit, or until the budget is spent. */
    private void message(Descriptor type) throws IOException {
        left -= MESSAGE;
        while (left >= 0) {
            int tag = in.readTag();
            if (tag == 0) {
                return;
            }
            FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> lengthDelimited(field);
                case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                    throw new InvalidProtocolBufferException("It holds a group, and the format has none.");
                default -> {
                    left -= field == null || field.getLiteType().getWireType() != WireFormat.getTagWireType(tag) ? UNKNOWN : NUMBER;
                    in.skipField(tag);
                }
            }
        }
    }

    private void lengthDelimited(FieldDescriptor field) throws IOException {
        if (field == null) {
            int length = in.readRawVarint32();
            left -= UNKNOWN + (long) length;
            in.skipRawBytes(length);
            return;
        }
        switch (field.getJavaType()) {
            case MESSAGE -> {
                int limit = in.pushLimit(in.readRawVarint32());
                message(field.getMessageType());
                in.popLimit(limit);
            }
            case STRING -> string();
            default -> {
                int length = in.readRawVarint32();
                left -= UNKNOWN + (long) PACKED_BYTE * length;
                in.skipRawBytes(length);
            }
        }
    }

    private void string() throws IOException {
        boolean ascii = true;
        int length = in.readRawVarint32();
        left -= STRING + (long) ASCII_BYTE * length;
        int limit = in.pushLimit(length);
        while (left >= 0 && !in.isAtEnd()) {
            ascii &= in.readRawByte() >= 0;
        }
        in.popLimit(limit);
        left -= ascii ? 0 : (long) (UNICODE_BYTE - ASCII_BYTE) * length;
    }
}
