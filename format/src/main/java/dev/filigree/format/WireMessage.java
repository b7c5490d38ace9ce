package dev.filigree.format;

import com.google.protobuf.WireFormat;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * A protobuf message of the manifest, read where it lies when a field is asked for, by the rules of proto3: of a single field that is there
 * twice the last counts, messages that are there twice are merged, fields that nobody asks for or that are of another type are skipped.
 *
 * <p>The generated classes would do the same, but to load them and the descriptors behind them takes longer than all else that opening a
 * file does in a JVM that has just started, and they allocate for whatever a manifest holds; this allocates for what is asked for, and
 * {@link Budget} bounds that. A test holds the two against each other.
 */
final class WireMessage {
    /** The longest varint. */
    private static final int VARINT_BITS = 70;

    private final Source source;
    private final Budget budget;
    private final byte[] bytes;
    private final int from;
    private final int end;
    /** Where the next field, or the value of the one just found, begins. */
    private int at;

    private WireMessage(Source source, Budget budget, byte[] bytes, int from, int end) {
        this.source = source;
        this.budget = budget;
        this.bytes = bytes;
        this.from = from;
        this.end = end;
        at = from;
    }

    /** What may be allocated for a manifest: an empty message takes two bytes of a file and many times that of the heap. */
    private static final class Budget {
        /** A message: object, its place in a list, and the decoded record made of it. */
        private static final int MESSAGE = 256;
        /** A string without its characters. */
        private static final int STRING = 96;
        /** A byte of a string all in ASCII: the string, and a copy of it for a label that is compared. */
        private static final int ASCII_BYTE = 2;
        /** A byte of any other string: decoding makes several copies of two bytes a character. */
        private static final int UNICODE_BYTE = 10;

        private final Source source;
        private final long fileBytes;
        private long left;

        Budget(Source source, long fileBytes) {
            this.source = source;
            this.fileBytes = fileBytes;
            left = Limits.manifestHeap(fileBytes);
        }

        void spend(long price) throws ModelFormatException {
            left -= price;
            if (left < 0) {
                throw source.refuse(Refusal.LIMIT_EXCEEDED, "the manifest and the vocabulary's table would take more than "
                        + Limits.manifestHeap(fileBytes) + " bytes of memory, which is more than this reader accepts in a file of "
                        + fileBytes + " bytes.");
            }
        }
    }

    /** A whole manifest, of a file of so many bytes. */
    static WireMessage of(Source source, byte[] manifest, long fileBytes) {
        return new WireMessage(source, new Budget(source, fileBytes), manifest, 0, manifest.length);
    }

    /** Counts what a field has others allocate as well: a file may claim much with few bytes of a payload, too. */
    void spend(long bytes) throws ModelFormatException {
        budget.spend(bytes);
    }

    /** Whether a message or a string is there. */
    boolean has(int field) throws ModelFormatException {
        at = from;
        return find(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    }

    /** A {@code uint32} or an enum's number; 0 where it is absent. */
    int uint32(int field) throws ModelFormatException {
        return (int) uint64(field);
    }

    /** An {@code optional uint32}. */
    OptionalInt optionalUint32(int field) throws ModelFormatException {
        at = from;
        return find(field, WireFormat.WIRETYPE_VARINT) ? OptionalInt.of(uint32(field)) : OptionalInt.empty();
    }

    /** A {@code uint64}; 0 where it is absent. */
    long uint64(int field) throws ModelFormatException {
        long value = 0;
        at = from;
        while (find(field, WireFormat.WIRETYPE_VARINT)) {
            value = varint();
        }
        return value;
    }

    /** A {@code bool}; false where it is absent. */
    boolean bool(int field) throws ModelFormatException {
        return uint64(field) != 0;
    }

    /** A {@code fixed32}; 0 where it is absent. */
    int fixed32(int field) throws ModelFormatException {
        int value = 0;
        at = from;
        while (find(field, WireFormat.WIRETYPE_FIXED32)) {
            value = (int) fixed(Integer.BYTES);
        }
        return value;
    }

    /** A {@code float}; 0 where it is absent. */
    float float32(int field) throws ModelFormatException {
        return Float.intBitsToFloat(fixed32(field));
    }

    /** A {@code double}; 0 where it is absent. */
    double float64(int field) throws ModelFormatException {
        long value = 0;
        at = from;
        while (find(field, WireFormat.WIRETYPE_FIXED64)) {
            value = fixed(Long.BYTES);
        }
        return Double.longBitsToDouble(value);
    }

    /** A {@code repeated float}, packed or not. */
    float[] floats(int field) throws ModelFormatException {
        float[] values = new float[0];
        at = from;
        for (int tag = tag(); tag != 0; tag = tag()) {
            boolean packed = tag == tag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            if (packed || tag == tag(field, WireFormat.WIRETYPE_FIXED32)) {
                int length = packed ? length() : Integer.BYTES;
                if (length % Float.BYTES != 0) {
                    throw malformed("the packed numbers at byte " + at + " of it are cut short");
                }
                int known = values.length;
                values = Arrays.copyOf(values, known + length / Float.BYTES);
                budget.spend((long) values.length * Float.BYTES);
                for (int i = known; i < values.length; i++) {
                    values[i] = Float.intBitsToFloat((int) fixed(Float.BYTES));
                }
            } else {
                skip(tag);
            }
        }
        return values;
    }

    /** A string; empty where it is absent. */
    String string(int field) throws ModelFormatException {
        List<String> all = strings(field);
        return all.isEmpty() ? "" : all.getLast();
    }

    /** A {@code repeated string}. */
    List<String> strings(int field) throws ModelFormatException {
        List<String> strings = new ArrayList<>(1);
        at = from;
        while (find(field, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
            int length = length();
            strings.add(text(length));
            at += length;
        }
        return strings;
    }

    /** A message; an empty one where it is absent. */
    WireMessage message(int field) throws ModelFormatException {
        List<WireMessage> all = messages(field);
        if (all.size() == 1) {
            return all.getFirst();
        }
        int length = all.stream().mapToInt(part -> part.end - part.from).sum();
        budget.spend(Budget.MESSAGE + (long) length);
        ByteBuffer merged = ByteBuffer.allocate(length);
        for (WireMessage part : all) {
            // Each by itself must be whole: a field must not begin in one and end in the next.
            part.skipAll();
            merged.put(bytes, part.from, part.end - part.from);
        }
        return new WireMessage(source, budget, merged.array(), 0, length);
    }

    /** Repeated messages. */
    List<WireMessage> messages(int field) throws ModelFormatException {
        List<WireMessage> messages = new ArrayList<>(1);
        at = from;
        while (find(field, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
            int length = length();
            budget.spend(Budget.MESSAGE);
            messages.add(new WireMessage(source, budget, bytes, at, at + length));
            at += length;
        }
        return messages;
    }

    private String text(int length) throws ModelFormatException {
        boolean ascii = true;
        for (int i = at; i < at + length; i++) {
            ascii &= bytes[i] >= 0;
        }
        budget.spend(Budget.STRING + (long) length * (ascii ? Budget.ASCII_BYTE : Budget.UNICODE_BYTE));
        if (ascii) {
            return new String(bytes, at, length, StandardCharsets.US_ASCII);
        }
        try {
            CharBuffer decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return decoded.toString();
        } catch (CharacterCodingException e) {
            throw malformed("the text at byte " + at + " of it is not UTF-8");
        }
    }

    private static int tag(int field, int wireType) {
        return field << 3 | wireType;
    }

    /** Goes on to a field's next value; otherwise to the end. */
    private boolean find(int field, int wireType) throws ModelFormatException {
        for (int tag = tag(); tag != 0; tag = tag()) {
            if (tag == tag(field, wireType)) {
                return true;
            }
            skip(tag);
        }
        return false;
    }

    private void skipAll() throws ModelFormatException {
        for (int tag = tag(); tag != 0; tag = tag()) {
            skip(tag);
        }
    }

    /** The next field's tag; 0 at the end of the message. */
    private int tag() throws ModelFormatException {
        if (at == end) {
            return 0;
        }
        int tag = (int) varint();
        if (tag >>> 3 == 0) {
            throw malformed("there is no field 0");
        }
        return tag;
    }

    private void skip(int tag) throws ModelFormatException {
        switch (tag & 7) {
            case WireFormat.WIRETYPE_VARINT -> varint();
            case WireFormat.WIRETYPE_FIXED32 -> fixed(Integer.BYTES);
            case WireFormat.WIRETYPE_FIXED64 -> fixed(Long.BYTES);
            // The length first: it moves the position.
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                int length = length();
                at += length;
            }
            case WireFormat.WIRETYPE_START_GROUP, WireFormat.WIRETYPE_END_GROUP ->
                throw malformed("it holds a group, and the format has none");
            default -> throw malformed("there is no wire type " + (tag & 7));
        }
    }

    private int length() throws ModelFormatException {
        long length = varint();
        if (length < 0 || length > end - at) {
            throw malformed("the field at byte " + at + " of it is cut short");
        }
        return (int) length;
    }

    private long varint() throws ModelFormatException {
        long value = 0;
        for (int shift = 0; shift < VARINT_BITS; shift += 7) {
            if (at == end) {
                throw malformed("it ends within a number");
            }
            byte next = bytes[at++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw malformed("the number at byte " + at + " of it is longer than ten bytes");
    }

    private long fixed(int length) throws ModelFormatException {
        if (length > end - at) {
            throw malformed("it ends within a number");
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            value |= (bytes[at++] & 0xFFL) << Byte.SIZE * i;
        }
        return value;
    }

    private ModelFormatException malformed(String what) {
        return source.refuse(Refusal.MALFORMED_MANIFEST, "the manifest cannot be parsed: " + what + ".");
    }
}
