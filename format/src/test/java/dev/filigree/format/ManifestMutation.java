package dev.filigree.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** One random change of a manifest, field by field. */
enum ManifestMutation {
    /** Another number, mostly one at which something overflows. */
    NUMBER {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            return switch (field) {
                case Wire.Varint v -> new Wire.Varint(v.number(), number(random, v.value()), 0);
                case Wire.Fixed f -> new Wire.Fixed(f.number(), number(random, f.value()), f.bytes());
                default -> field;
            };
        }
    },
    /** More bytes for a number than it needs. */
    OVERLONG_NUMBER {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            return field instanceof Wire.Varint v ? new Wire.Varint(v.number(), v.value(), random.nextInt(1, 12)) : field;
        }
    },
    /** Other bytes in a string or in packed numbers, or more or fewer. */
    BYTES {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            return field instanceof Wire.Bytes b ? new Wire.Bytes(b.number(), BytesMutation.any(b.bytes(), random), 0) : field;
        }
    },
    /** Text that UTF-8 decoders have stumbled over: surrogates, overlong forms, the replacement character. */
    TEXT {
        private static final int[][] TEXTS = {
            {0}, {0xFF}, {0xE5, 0xAD}, {0xC0, 0x80}, {0xED, 0xA0, 0x80}, {0xEF, 0xBF, 0xBD},
            {0xF0, 0x9F, 0x98, 0x80}, {0xF4, 0x90, 0x80, 0x80},
        };

        @Override
        Wire of(Wire field, SplittableRandom random) {
            if (!(field instanceof Wire.Bytes b)) {
                return field;
            }
            int[] text = TEXTS[random.nextInt(TEXTS.length)];
            int length = b.bytes().length;
            byte[] bytes = Arrays.copyOf(b.bytes(), length + text.length);
            for (int i = 0; i < text.length; i++) {
                bytes[length + i] = (byte) text[i];
            }
            return new Wire.Bytes(b.number(), bytes, 0);
        }
    },
    /** A length that is not the length. */
    LENGTH {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            long wrongBy = random.nextInt(3) == 0 ? number(random, 0) : random.nextInt(-3, 4);
            return switch (field) {
                case Wire.Bytes b -> new Wire.Bytes(b.number(), b.bytes(), wrongBy);
                case Wire.Message m -> new Wire.Message(m.number(), m.fields(), wrongBy);
                default -> field;
            };
        }
    },
    /** Another field number. */
    RENUMBERED {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            return field.renumbered(fieldNumber(random));
        }
    },
    /** Another wire type under the same number. */
    WIRE_TYPE {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            return arbitrary(field.number(), random);
        }
    },
    /** The field within itself, again and again, or within groups. */
    NESTED {
        @Override
        Wire of(Wire field, SplittableRandom random) {
            boolean groups = random.nextInt(3) == 0;
            Wire nested = field;
            for (int depth = random.nextInt(1, 1 << random.nextInt(1, 9)); depth > 0; depth--) {
                nested = groups
                        ? new Wire.Group(field.number(), List.of(nested), random.nextInt(64) > 0)
                        : new Wire.Message(field.number(), new ArrayList<>(List.of(nested)), 0);
            }
            return nested;
        }
    },
    /** A field less. */
    REMOVED {
        @Override
        void apply(List<Wire> fields, SplittableRandom random) {
            fields.remove(random.nextInt(fields.size()));
        }
    },
    /** A field once more, anywhere. */
    REPEATED {
        @Override
        void apply(List<Wire> fields, SplittableRandom random) {
            fields.add(random.nextInt(fields.size() + 1), fields.get(random.nextInt(fields.size())));
        }
    },
    /** A field, as it is or emptied, a great many times: what takes little in a file may take much in memory. */
    MULTIPLIED {
        @Override
        void apply(List<Wire> fields, SplittableRandom random) {
            Wire field = fields.get(random.nextInt(fields.size()));
            Wire one = switch (random.nextInt(3)) {
                case 0 -> field;
                case 1 -> new Wire.Bytes(field.number(), new byte[0], 0);
                default -> arbitrary(fieldNumber(random), random);
            };
            int times = 1 << random.nextInt(1, random.nextInt(8) == 0 ? 13 : 7);
            List<Wire> many = new ArrayList<>(times);
            for (int i = 0; i < times; i++) {
                many.add(random.nextBoolean() ? one : one.renumbered(one.number() + (field == one ? 0 : i)));
            }
            fields.addAll(random.nextInt(fields.size() + 1), many);
        }
    },
    /** Two fields in each other's place. */
    SWAPPED {
        @Override
        void apply(List<Wire> fields, SplittableRandom random) {
            int a = random.nextInt(fields.size());
            int b = random.nextInt(fields.size());
            fields.set(b, fields.set(a, fields.get(b)));
        }
    },
    /** A field that the schema may not know. */
    UNKNOWN {
        @Override
        void apply(List<Wire> fields, SplittableRandom random) {
            fields.add(random.nextInt(fields.size() + 1), arbitrary(fieldNumber(random), random));
        }
    };

    /** What a number of a file is compared with, multiplied or shifted by somewhere. */
    private static final long[] NUMBERS = {
        0, 1, 2, 3, 4, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 65_535, 65_536, 65_537, 1 << 24, (1 << 24) + 1,
        Integer.MAX_VALUE - 8, Integer.MAX_VALUE, 1L << 31, 0xFFFF_FFFFL, 1L << 32, 1L << 61, Long.MAX_VALUE, Long.MIN_VALUE, -1, -2,
        Float.floatToRawIntBits(Float.NaN), Float.floatToRawIntBits(Float.POSITIVE_INFINITY), Float.floatToRawIntBits(-1), 0x8000_0000L,
        Double.doubleToRawLongBits(Double.NaN),
    };
    private static final int[] FIELD_NUMBERS = {13, 99, 1000, 1001, 0, (1 << 29) - 1};
    private static final ManifestMutation[] ALL = values();

    /** Applies one to a message anywhere in the manifest. */
    static void any(List<Wire> manifest, SplittableRandom random) {
        List<List<Wire>> messages = new ArrayList<>();
        collect(manifest, messages);
        ALL[random.nextInt(ALL.length)].apply(messages.get(random.nextInt(messages.size())), random);
    }

    /** Changes the fields of a message, of which there is at least one. */
    void apply(List<Wire> fields, SplittableRandom random) {
        int index = random.nextInt(fields.size());
        fields.set(index, of(fields.get(index), random));
    }

    /** Changes one field, where it can. */
    Wire of(Wire field, SplittableRandom random) {
        return field;
    }

    private static void collect(List<Wire> message, List<List<Wire>> all) {
        if (!message.isEmpty()) {
            all.add(message);
        }
        for (Wire field : message) {
            if (field instanceof Wire.Message nested) {
                collect(nested.fields(), all);
            }
        }
    }

    private static long number(SplittableRandom random, long old) {
        return switch (random.nextInt(4)) {
            case 0 -> old + random.nextInt(-2, 3);
            case 1 -> old ^ 1L << random.nextInt(64);
            case 2 -> random.nextLong() >>> random.nextInt(64);
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
        };
    }

    private static int fieldNumber(SplittableRandom random) {
        return random.nextInt(3) == 0 ? FIELD_NUMBERS[random.nextInt(FIELD_NUMBERS.length)] : random.nextInt(1, 13);
    }

    private static Wire arbitrary(int number, SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0, 1 -> new Wire.Varint(number, number(random, 0), 0);
            case 2 -> new Wire.Fixed(number, number(random, 0), Integer.BYTES);
            case 3 -> new Wire.Fixed(number, number(random, 0), Long.BYTES);
            case 4 -> new Wire.Group(number, List.of(new Wire.Varint(1, 1, 0)), random.nextBoolean());
            default -> new Wire.Bytes(number, new byte[random.nextInt(20)], 0);
        };
    }
}
