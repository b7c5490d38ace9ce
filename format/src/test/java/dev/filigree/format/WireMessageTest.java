package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.filigree.format.proto.FiligreeProto.Manifest;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The reader of manifests and protobuf's own, generated from the schema, must see the same in the same bytes. */
class WireMessageTest {
    private static final Parser<Manifest> ORACLE = DiscardUnknownFieldsParser.wrap(Manifest.parser());
    private static final int CASES = 20_000;

    @Test
    void seesWhatTheGeneratedParserSees() throws Exception {
        byte[] manifest = Forgery.of(TestModels.full()).manifest.build().toByteArray();
        assertThat(read(manifest)).isEqualTo(Manifest.parseFrom(manifest));
        SplittableRandom random = new SplittableRandom(17);
        int agreed = 0;
        int refused = 0;
        for (int number = 0; number < CASES; number++) {
            byte[] changed = changed(manifest, random);
            Manifest expected;
            try {
                expected = ORACLE.parseFrom(changed);
            } catch (InvalidProtocolBufferException e) {
                assertThat(refuses(changed)).as("case %d: %s", number, e.getMessage()).isTrue();
                refused++;
                continue;
            }
            try {
                assertThat(read(changed)).as("case %d", number).isEqualTo(expected);
                agreed++;
            } catch (ModelFormatException e) {
                // The one thing that it does not skip.
                assertThat(e).as("case %d", number).hasMessageContaining("a group");
            }
        }
        assertThat(agreed).isGreaterThan(CASES / 10);
        assertThat(refused).isGreaterThan(CASES / 10);
    }

    private static boolean refuses(byte[] manifest) {
        try {
            read(manifest);
            return false;
        } catch (ModelFormatException e) {
            return e.refusal() == Refusal.MALFORMED_MANIFEST;
        }
    }

    /** With a bit turned over, or a piece left out, put in twice, or put somewhere else; or with all of it twice, which merges. */
    private static byte[] changed(byte[] manifest, SplittableRandom random) {
        int at = random.nextInt(manifest.length);
        byte[] piece = Arrays.copyOfRange(manifest, at, Math.min(manifest.length, at + 1 + random.nextInt(12)));
        return switch (random.nextInt(5)) {
            case 0 -> {
                byte[] flipped = manifest.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
            case 1 -> joined(Arrays.copyOf(manifest, at), Arrays.copyOfRange(manifest, at + piece.length, manifest.length));
            case 2 -> joined(Arrays.copyOf(manifest, at), piece, Arrays.copyOfRange(manifest, at, manifest.length));
            case 3 -> {
                int to = random.nextInt(manifest.length);
                yield joined(Arrays.copyOf(manifest, to), piece, Arrays.copyOfRange(manifest, to, manifest.length));
            }
            default -> joined(manifest, Arrays.copyOf(manifest, at));
        };
    }

    private static byte[] joined(byte[]... parts) {
        byte[] all = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static Message read(byte[] manifest) throws ModelFormatException {
        return copy(WireMessage.of(new Source("memory"), manifest, Integer.MAX_VALUE), Manifest.newBuilder());
    }

    /** Asks for every field of the schema. */
    private static Message copy(WireMessage from, Message.Builder to) throws ModelFormatException {
        for (FieldDescriptor field : to.getDescriptorForType().getFields()) {
            int number = field.getNumber();
            if (field.isRepeated()) {
                switch (field.getType()) {
                    case STRING -> from.strings(number).forEach(text -> to.addRepeatedField(field, text));
                    case FLOAT -> {
                        for (float value : from.floats(number)) {
                            to.addRepeatedField(field, value);
                        }
                    }
                    default -> {
                        for (WireMessage message : from.messages(number)) {
                            to.addRepeatedField(field, copy(message, to.newBuilderForField(field)));
                        }
                    }
                }
                continue;
            }
            switch (field.getType()) {
                case UINT32 -> {
                    if (!field.hasPresence() || from.optionalUint32(number).isPresent()) {
                        to.setField(field, from.uint32(number));
                    }
                }
                case UINT64 -> to.setField(field, from.uint64(number));
                case FIXED32 -> to.setField(field, from.fixed32(number));
                case FLOAT -> to.setField(field, from.float32(number));
                case DOUBLE -> to.setField(field, from.float64(number));
                case BOOL -> to.setField(field, from.bool(number));
                case ENUM -> to.setField(field, field.getEnumType().findValueByNumberCreatingIfUnknown(from.uint32(number)));
                case STRING -> {
                    if (!field.hasPresence() || from.has(number)) {
                        to.setField(field, from.string(number));
                    }
                }
                case MESSAGE -> {
                    if (from.has(number)) {
                        to.setField(field, copy(from.message(number), to.newBuilderForField(field)));
                    }
                }
                default -> throw new AssertionError(field.getFullName() + " has a type that the reader does not know.");
            }
        }
        return to.build();
    }
}
