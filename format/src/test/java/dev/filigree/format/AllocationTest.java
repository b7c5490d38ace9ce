package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.filigree.format.proto.FiligreeProto;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What takes a few bytes of a file and many of the heap: whatever a manifest is stuffed with, reading allocates no more than promised. */
class AllocationTest {
    /** Beside four times the file's size; FuzzTest allows as much. */
    static final int ALLOWANCE = 1 << 19;

    private static final int PAYLOAD = 1 << 18;

    /**
     * A way to stuff a manifest.
     *
     * @param name what with
     * @param path field numbers of the messages down to the one that is stuffed
     * @param stuffing the field of a number
     */
    record Stuffing(String name, List<Integer> path, Maker stuffing) {
        /** Makes the i-th field. */
        @FunctionalInterface
        interface Maker {
            Wire field(int i);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Stuffing> stuffings() {
        List<Stuffing> all = new ArrayList<>();
        for (int message : new int[] {3, 4, 5, 6, 7, 8, 9, 10, 11}) {
            all.add(new Stuffing("empty messages " + message, List.of(), _ -> bytes(message)));
        }
        for (int linear : new int[] {1, 5, 8}) {
            all.add(new Stuffing("empty parts of a layer " + linear, List.of(6), _ -> bytes(linear)));
        }
        for (int map : new int[] {4, 5, 6}) {
            all.add(new Stuffing("empty entries of map " + map, List.of(9), _ -> bytes(map)));
            all.add(new Stuffing("different entries of map " + map, List.of(9), i -> new Wire.Message(map, List.of(text(1, "k" + i)), 0)));
        }
        all.add(new Stuffing("layers of parts", List.of(), _ -> new Wire.Message(6, List.of(bytes(1), bytes(2), bytes(3), bytes(4)), 0)));
        all.add(new Stuffing("labels", List.of(8), i -> text(2, "" + i)));
        all.add(new Stuffing("empty labels", List.of(8), _ -> text(2, "")));
        all.add(new Stuffing("labels 字", List.of(8), i -> text(2, i + "字")));
        for (String text : new String[] {"a", "é", "字", "\uFFFD", "😀"}) {
            all.add(new Stuffing("long text of " + text, List.of(9), _ -> text(1, text.repeat(1000))));
            all.add(new Stuffing("long labels of " + text, List.of(8), i -> text(2, text.repeat(500) + i)));
        }
        all.add(new Stuffing("long text with one 字", List.of(9), _ -> text(1, "a".repeat(1000) + "字")));
        all.add(new Stuffing("long golden examples with one 字", List.of(), _ ->
                new Wire.Message(10, List.of(text(1, "a".repeat(1000) + "字"), new Wire.Bytes(3, new byte[8], 0)), 0)));
        all.add(new Stuffing("logits", List.of(10), _ -> new Wire.Fixed(3, 0, 4)));
        all.add(new Stuffing("packed logits", List.of(10), _ -> new Wire.Bytes(3, new byte[400], 0)));
        all.add(new Stuffing("single packed logits", List.of(10), _ -> new Wire.Bytes(3, new byte[4], 0)));
        all.add(new Stuffing("golden examples", List.of(), _ -> new Wire.Message(10, List.of(new Wire.Bytes(3, new byte[8], 0)), 0)));
        for (List<Integer> path : List.of(List.<Integer>of(), List.of(6, 1, 1, 6), List.of(9))) {
            all.add(new Stuffing("unknown numbers " + path, path, _ -> new Wire.Varint(99, 5, 0)));
            all.add(new Stuffing("different unknown numbers " + path, path, i -> new Wire.Varint(99 + i, -1, 0)));
            all.add(new Stuffing("unknown bytes " + path, path, _ -> bytes(99)));
            all.add(new Stuffing("different unknown bytes " + path, path, i -> new Wire.Bytes(99 + i, new byte[10], 0)));
            all.add(new Stuffing("long unknown bytes " + path, path, _ -> new Wire.Bytes(99, new byte[1000], 0)));
            all.add(new Stuffing("numbers of a wrong type " + path, path, _ -> new Wire.Fixed(4, 5, 8)));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("stuffings")
    void isBounded(Stuffing stuffing) throws Exception {
        allocated(stuffed(stuffing, 1, 0));
        for (int fields = 64; ; fields *= 4) {
            byte[] small = stuffed(stuffing, fields, 0);
            assertThat(allocated(small)).as("%d fields", fields).isLessThan(4L * small.length + ALLOWANCE);
            byte[] large = stuffed(stuffing, fields, PAYLOAD);
            assertThat(allocated(large)).as("%d fields", fields).isLessThan(4L * large.length + ALLOWANCE);
            if (small.length > PAYLOAD) {
                return;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"empty", "different"})
    void isBoundedForManyTokens(String tokens) throws Exception {
        allocated(Forgery.of(TestModels.small()).bytes());
        for (int count : new int[] {1 << 14, (1 << 16) - 1, 1 << 18, 1 << 20}) {
            List<String> vocabulary = new ArrayList<>(TestModels.VOCABULARY);
            IntStream.range(0x1000, 0x1000 + count).forEach(i -> vocabulary.add(tokens.equals("empty") ? "" : Integer.toString(i, 36)));
            Forgery forgery = Forgery.of(TestModels.small());
            forgery.payloads.set(0, String.join("\n", vocabulary).getBytes(StandardCharsets.UTF_8));
            forgery.manifest.getTokenizerBuilder().setTokens(vocabulary.size());
            forgery.manifest.getEncoderBuilder().setVocabulary(vocabulary.size());
            byte[] file = forgery.bytes();
            assertThat(allocated(file)).as("%d tokens", count).isLessThan(4L * file.length + ALLOWANCE);
        }
    }

    /** Bytes that reading or refusing a file allocates. */
    private static long allocated(byte[] file) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            Forgery.read(file);
        } catch (ModelFormatException e) {
            assertThat(e.refusal()).isNotNull();
        }
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** The small model with these fields in its manifest, and a payload more. */
    private static byte[] stuffed(Stuffing stuffing, int fields, int payload) throws IOException {
        Forgery forgery = Forgery.of(TestModels.small());
        if (payload > 0) {
            forgery.append(new byte[payload]);
        }
        forgery.freezeTable();
        List<Wire> manifest = Wire.parse(forgery.manifest.build().toByteArray(), FiligreeProto.Manifest.getDescriptor());
        List<Wire> message = manifest;
        for (int number : stuffing.path()) {
            message = message.stream()
                    .filter(field -> field.number() == number)
                    .map(field -> ((Wire.Message) field).fields())
                    .findFirst()
                    .orElseThrow();
        }
        for (int i = 0; i < fields; i++) {
            message.add(stuffing.stuffing().field(i));
        }
        return forgery.assemble(Forgery.signed(Wire.bytes(manifest)));
    }

    private static Wire bytes(int number) {
        return new Wire.Bytes(number, new byte[0], 0);
    }

    private static Wire text(int number, String text) {
        return new Wire.Bytes(number, text.getBytes(StandardCharsets.UTF_8), 0);
    }
}
