package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Safetensors files written here: the values come back, and a file that breaks any rule of the format is refused with a sentence. */
class SafetensorsTest {
    @TempDir
    Path folder;

    @Test
    void valuesOfTheThreeFloatTypesComeBack() throws IOException {
        float[] values = {0, -0.0f, 1, -1.5f, 0.0078125f, 256, -65504, 6.1035156e-5f};
        byte[] file = new SafetensorsWriter()
                .add("odd", "F16", List.of(1), 3)
                .add("full", "F32", List.of(2, 4), values)
                .add("half", "F16", List.of(2, 4), values)
                .add("brain", "BF16", List.of(8), values)
                .add("empty", "F32", List.of(0, 4))
                .add("scalar", "F32", List.of(), 7)
                .add("ids", "I64", List.of(1, 2), 0, 1)
                .bytes();
        try (Safetensors read = Safetensors.open(write(file))) {
            assertThat(read.names()).containsExactly("odd", "full", "half", "brain", "empty", "scalar", "ids");
            assertThat(read.floats("full", List.of(2, 4))).containsExactly(values);
            assertThat(read.floats("half", List.of(2, 4))).containsExactly(values);
            assertThat(read.floats("brain", List.of(8))).containsExactly(0, -0.0f, 1, -1.5f, 0.0078125f, 256, -65280, 6.1035156e-5f);
            assertThat(read.floats("empty", List.of(0, 4))).isEmpty();
            assertThat(read.floats("scalar", List.of())).containsExactly(7);
        }
    }

    @Test
    void weightsThatDoNotFitTheModelAreRefused() throws IOException {
        byte[] file = new SafetensorsWriter()
                .add("w", "F32", List.of(2, 2), 1, 2, 3, 4)
                .add("ids", "I64", List.of(1), 1)
                .add("nan", "BF16", List.of(1), Float.NaN)
                .add("infinite", "F16", List.of(1), Float.POSITIVE_INFINITY)
                .bytes();
        try (Safetensors read = Safetensors.open(write(file))) {
            assertRefused(() -> read.floats("v", List.of(2)), "weight v is missing");
            assertRefused(() -> read.floats("w", List.of(4)), "weight w has the shape [2, 2] where config.json asks for [4]");
            assertRefused(() -> read.floats("ids", List.of(1)), "weight ids is stored as I64");
            assertRefused(() -> read.floats("nan", List.of(1)), "weight nan holds a value that is not finite");
            assertRefused(() -> read.floats("infinite", List.of(1)), "weight infinite holds a value that is not finite");
        }
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                Arguments.of("empty file", new byte[0], "too short for a header"),
                Arguments.of("half a length", new byte[7], "too short for a header"),
                Arguments.of("length without header", SafetensorsWriter.bytes(2, new byte[0], new byte[0]), "claims 2 bytes"),
                Arguments.of("length beyond the file", SafetensorsWriter.bytes(100, json("{}"), new byte[0]), "claims 100 bytes"),
                Arguments.of("huge length", SafetensorsWriter.bytes(Long.MAX_VALUE, json("{}"), new byte[0]), "claims 9223372036854775807"),
                Arguments.of("sign bit in the length", SafetensorsWriter.bytes(-1, json("{}"), new byte[0]), "claims 18446744073709551615"),
                Arguments.of("header over the limit", SafetensorsWriter.bytes(" ".repeat(5 << 20), new byte[0]), "claims 5242880"),
                Arguments.of("header of no bytes", SafetensorsWriter.bytes("", new byte[0]), "holds no JSON object"),
                Arguments.of("no JSON", SafetensorsWriter.bytes("tensors", new byte[0]), "is not JSON"),
                Arguments.of("cut JSON", SafetensorsWriter.bytes("{\"a\": {", new byte[0]), "is not JSON"),
                Arguments.of("no UTF-8", SafetensorsWriter.bytes(3, new byte[] {'{', (byte) 0xff, '}'}, new byte[0]), "is not JSON"),
                Arguments.of("an array", SafetensorsWriter.bytes("[]", new byte[0]), "holds no JSON object"),
                Arguments.of("deep nesting", SafetensorsWriter.bytes("{\"a\":".repeat(5000), new byte[0]), "is not JSON"),
                Arguments.of("two objects", SafetensorsWriter.bytes("{} {}", new byte[0]), "is not JSON"),
                of("a name twice", a("F32", "[4]", 0, 16) + ", " + a("F32", "[4]", 0, 16), "is not JSON (Duplicate"),
                of("entry is no object", "\"a\": 3", "a has the unknown type ''"),
                of("unknown type", a("F4", "[4]", 0, 16), "unknown type 'F4'"),
                of("no shape", "\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 16]}", "lacks its shape"),
                of("no offsets", "\"a\": {\"dtype\": \"F32\", \"shape\": [4]}", "lacks its shape or offsets"),
                of("one offset", "\"a\": {\"dtype\": \"F32\", \"shape\": [4], \"data_offsets\": [16]}", "lies at [16]"),
                of("three offsets", "\"a\": {\"dtype\": \"F32\", \"shape\": [4], \"data_offsets\": [0, 8, 16]}", "too many"),
                of("rank of nine", a("F32", "[4, 1, 1, 1, 1, 1, 1, 1, 1]", 0, 16), "too many"),
                of("negative size", a("F32", "[-4, -1]", 0, 16), "no number of bytes"),
                of("broken size", a("F32", "[4.0]", 0, 16), "no number of bytes"),
                of("size in words", a("F32", "[\"4\"]", 0, 16), "no number of bytes"),
                of("size beyond 64 bits", a("F32", "[18446744073709551620]", 0, 16), "no number of bytes"),
                of("product beyond 64 bits", a("F32", "[4294967296, 4294967296]", 0, 16), "no file can hold"),
                of("product that wraps to right", a("F32", "[4611686018427387908]", 0, 16), "no file can hold"),
                of("negative offset", a("F32", "[4]", -16, 0), "no number of bytes"),
                of("ends before it begins", a("F32", "[4]", 16, 0), "lies at [16, 0], outside"),
                of("ends behind the file", a("F32", "[5]", 0, 20), "lies at [0, 20], outside"),
                of("offset near 2^63", a("F32", "[4]", Long.MAX_VALUE - 16, Long.MAX_VALUE), "outside"),
                of("shape larger than span", a("F32", "[5]", 0, 16), "takes 16 bytes where its shape [5] needs 20"),
                of("shape smaller than span", a("F16", "[4]", 0, 16), "takes 16 bytes where its shape [4] needs 8"),
                of("overlap", a("F32", "[3]", 0, 12) + b("F32", "[2]", 8, 16),
                        "b starts at byte 8 where the one before ends at 12"),
                of("the same bytes twice", a("F32", "[4]", 0, 16) + b("F32", "[4]", 0, 16), "b starts at byte 0"),
                of("hole between", a("F32", "[1]", 0, 4) + b("F32", "[2]", 8, 16),
                        "b starts at byte 8 where the one before ends at 4"),
                of("hole at the start", a("F32", "[3]", 4, 16), "a starts at byte 4"),
                of("bytes of nobody at the end", a("F32", "[3]", 0, 12), "end at byte 12 of 16"),
                of("no tensors", "", "end at byte 0 of 16"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedFilesAreRefused(String name, byte[] file, String words) throws IOException {
        Path path = write(file);
        assertRefused(() -> Safetensors.open(path).close(), words);
    }

    @Test
    void longAndStrangeNamesAreShownInOneLine() throws IOException {
        Path path = write(SafetensorsWriter.bytes("{\"" + "a\\n".repeat(1000) + "\": 3}", new byte[0]));
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> Safetensors.open(path))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400).doesNotContain("\n"));
    }

    @Test
    void truncationIsFoundAtEveryByte() throws IOException {
        byte[] whole = new SafetensorsWriter().add("a", "F32", List.of(2, 2), 1, 2, 3, 4).add("b", "BF16", List.of(1), 5).bytes();
        for (int length = 0; length < whole.length; length++) {
            Path path = write(Arrays.copyOf(whole, length));
            assertRefused(() -> Safetensors.open(path).close(), path.toString());
        }
        Path longer = write(Arrays.copyOf(whole, whole.length + 1));
        assertRefused(() -> Safetensors.open(longer).close(), "end at byte 18 of 19");
    }

    @Test
    void randomDamageGivesTheTypedExceptionOrTheRightShapes() throws IOException {
        byte[] whole = new SafetensorsWriter().add("a", "F32", List.of(2, 2), 1, 2, 3, 4).add("b", "BF16", List.of(1), 5).bytes();
        Random random = new Random(12);
        for (int i = 0; i < 2_000; i++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length - 18)] = (byte) random.nextInt(128);
            }
            Path path = write(damaged);
            try (Safetensors read = Safetensors.open(path)) {
                assertThat(read.names()).isNotEmpty();
            } catch (BaseModelException e) {
                assertThat(e.getMessage()).endsWith(".").doesNotContain("\n");
            }
        }
    }

    @Test
    void foldersAndMissingFilesAreRefused() {
        assertRefused(() -> Safetensors.open(folder), "there is no such file");
        assertRefused(() -> Safetensors.open(folder.resolve("none")), "there is no such file");
    }

    private static Arguments of(String name, String entries, String words) {
        return Arguments.of(name, SafetensorsWriter.bytes("{" + entries + "}", new byte[16]), words);
    }

    private static String a(String dtype, String shape, long begin, long end) {
        return "\"a\": " + SafetensorsWriter.entry(dtype, shape, begin, end);
    }

    private static String b(String dtype, String shape, long begin, long end) {
        return ", \"b\": " + SafetensorsWriter.entry(dtype, shape, begin, end);
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Path write(byte[] file) throws IOException {
        return Files.write(folder.resolve("model.safetensors"), file);
    }

    private interface Reading {
        void run() throws IOException;
    }

    private static void assertRefused(Reading reading, String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(reading::run)
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }
}
