package dev.filigree.format;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A field of a protobuf message as it stands on the wire, so that it can be made into one that no protobuf library would write. */
sealed interface Wire {
    /** Its number. */
    int number();

    /** The same with another number. */
    Wire renumbered(int number);

    /** Appends tag and value. */
    void writeTo(ByteArrayOutputStream out);

    /**
     * Parses a message of a type, and its messages in turn. Those of unknown fields, which no seed has, would stay bytes.
     *
     * @return its fields, in a list that may be changed
     */
    static List<Wire> parse(byte[] message, Descriptor type) throws IOException {
        List<Wire> fields = new ArrayList<>();
        CodedInputStream in = CodedInputStream.newInstance(message);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int number = WireFormat.getTagFieldNumber(tag);
            FieldDescriptor field = type.findFieldByNumber(number);
            fields.add(switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> new Varint(number, in.readRawVarint64(), 0);
                case WireFormat.WIRETYPE_FIXED32 -> new Fixed(number, in.readRawLittleEndian32(), Integer.BYTES);
                case WireFormat.WIRETYPE_FIXED64 -> new Fixed(number, in.readRawLittleEndian64(), Long.BYTES);
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                        ? new Message(number, parse(in.readByteArray(), field.getMessageType()), 0)
                        : new Bytes(number, in.readByteArray(), 0);
                default -> throw new AssertionError("a group");
            });
        }
        return fields;
    }

    /** A copy of which every list may be changed. */
    static List<Wire> copy(List<Wire> fields) {
        List<Wire> copy = new ArrayList<>(fields.size());
        for (Wire field : fields) {
            copy.add(field instanceof Message message ? new Message(message.number(), copy(message.fields()), message.wrongBy()) : field);
        }
        return copy;
    }

    /** The fields one after the other. */
    static byte[] bytes(List<Wire> fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        fields.forEach(field -> field.writeTo(out));
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, long value, int needlessBytes) {
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
            out.write((int) rest & 0x7F | 0x80);
        }
        out.write((int) rest | (needlessBytes > 0 ? 0x80 : 0));
        for (int i = needlessBytes; i > 0; i--) {
            out.write(i > 1 ? 0x80 : 0);
        }
    }

    private static void tag(ByteArrayOutputStream out, int number, int type) {
        varint(out, Integer.toUnsignedLong(number << 3 | type), 0);
    }

    /** A number in as many bytes as it needs, and some more. */
    record Varint(int number, long value, int needlessBytes) implements Wire {
        @Override
        public Wire renumbered(int other) {
            return new Varint(other, value, needlessBytes);
        }

        @Override
        public void writeTo(ByteArrayOutputStream out) {
            tag(out, number, WireFormat.WIRETYPE_VARINT);
            varint(out, value, needlessBytes);
        }
    }

    /** A number of four or eight bytes. */
    record Fixed(int number, long value, int bytes) implements Wire {
        @Override
        public Wire renumbered(int other) {
            return new Fixed(other, value, bytes);
        }

        @Override
        public void writeTo(ByteArrayOutputStream out) {
            tag(out, number, bytes == Integer.BYTES ? WireFormat.WIRETYPE_FIXED32 : WireFormat.WIRETYPE_FIXED64);
            for (int i = 0; i < bytes; i++) {
                out.write((int) (value >>> i * Byte.SIZE));
            }
        }
    }

    /** Bytes, with a length that may be wrong by so many. */
    record Bytes(int number, byte[] bytes, long wrongBy) implements Wire {
        @Override
        public Wire renumbered(int other) {
            return new Bytes(other, bytes, wrongBy);
        }

        @Override
        public void writeTo(ByteArrayOutputStream out) {
            tag(out, number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            varint(out, bytes.length + wrongBy, 0);
            out.writeBytes(bytes);
        }
    }

    /** A message, with a length that may be wrong by so many. */
    record Message(int number, List<Wire> fields, long wrongBy) implements Wire {
        @Override
        public Wire renumbered(int other) {
            return new Message(other, fields, wrongBy);
        }

        @Override
        public void writeTo(ByteArrayOutputStream out) {
            new Bytes(number, Wire.bytes(fields), wrongBy).writeTo(out);
        }
    }

    /** A group around other fields; one that never ends has no end tag. */
    record Group(int number, List<Wire> fields, boolean ends) implements Wire {
        @Override
        public Wire renumbered(int other) {
            return new Group(other, fields, ends);
        }

        @Override
        public void writeTo(ByteArrayOutputStream out) {
            tag(out, number, WireFormat.WIRETYPE_START_GROUP);
            out.writeBytes(Wire.bytes(fields));
            if (ends) {
                tag(out, number, WireFormat.WIRETYPE_END_GROUP);
            }
        }
    }
}
