package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.proto.FiligreeProto;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelWriterTest {
    @TempDir
    Path folder;

    @Test
    void theWholeFileIsOneProtobufMessage() throws Exception {
        Path path = write(TestModels.full(), "full");
        byte[] bytes = Files.readAllBytes(path);
        FiligreeProto.ModelFile parsed = FiligreeProto.ModelFile.parseFrom(bytes);
        assertThat(parsed.getMagic()).isEqualTo("filigree");
        assertThat(new String(bytes, 0, 10, StandardCharsets.ISO_8859_1)).isEqualTo("\n\bfiligree");
        assertThat(parsed.getUnknownFields().asMap()).isEmpty();
        FiligreeProto.Manifest manifest = parsed.getManifest();
        assertThat(manifest.getMajor()).isEqualTo(1);
        assertThat(parsed.getPayloadCount()).isEqualTo(manifest.getPayloadsCount()).isPositive();
        for (int i = 0; i < parsed.getPayloadCount(); i++) {
            byte[] payload = parsed.getPayload(i).toByteArray();
            assertThat((long) payload.length).isEqualTo(manifest.getPayloads(i).getLength());
            assertThat(Forgery.crc(payload)).isEqualTo(manifest.getPayloads(i).getCrc32C());
        }
        String vocabulary = parsed.getPayload(manifest.getTokenizer().getVocabulary()).toStringUtf8();
        assertThat(vocabulary.split("\n")).containsExactlyElementsOf(TestModels.VOCABULARY);
        assertThat(manifest.getProvenance().getMetricsMap()).containsEntry("dense.accuracy", 0.91);
        assertThat(manifest.getGoldenExamples(0).getLogitsList()).containsExactly(0.25f, -1.5f, Float.MIN_VALUE);
    }

    @Test
    void payloadsAreAlignedWithThePaddingOfTheSpecification() throws Exception {
        Forgery sameContent = Forgery.of(TestModels.full());
        byte[] file = Files.readAllBytes(write(TestModels.full(), "full"));
        // Put together by the test's own arithmetic from the same parts.
        assertThat(file).isEqualTo(sameContent.bytes());
        Path path = folder.resolve("full");
        try (Arena arena = Arena.ofConfined(); FileChannel channel = FileChannel.open(path)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, file.length, arena);
            assertThat(FileScanner.scan(new Source(path), mapped).payloads())
                    .isNotEmpty()
                    .allSatisfy(payload -> assertThat((payload.address() - mapped.address()) % 64).isZero());
        }
    }

    @Test
    void theSameModelGivesTheSameBytes() throws Exception {
        byte[] once = Files.readAllBytes(write(TestModels.full(), "once"));
        byte[] twice = Files.readAllBytes(write(TestModels.full(), "twice"));
        assertThat(twice).isEqualTo(once);
        // And map entries in the order of their keys, whatever the order of the map.
        String text = new String(once, StandardCharsets.ISO_8859_1);
        List<Integer> places = Stream.of("leer", "pattern", "rho", "seed")
                .map(key -> text.indexOf("\n" + (char) key.length() + key))
                .toList();
        assertThat(places).isSorted().doesNotContain(-1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1:2@1", "2:4@16", "1:4@8", "3:8@64", "15:16@2", "8:16@4", "1:32@1", "16:32@16"})
    void aFileReadAndWrittenAgainIsTheSame(String sparsity) throws Exception {
        Path first = write(TestModels.small(new Random(3), Sparsity.parse(sparsity)), "first");
        Path second;
        try (ModelFile file = ModelFile.open(first)) {
            second = write(file.model(), "second");
        }
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @Test
    void aModelThatReadersWouldRefuseIsNotWritten() throws Exception {
        Path path = write(TestModels.small(), "model");
        byte[] before = Files.readAllBytes(path);
        Model good = TestModels.small();
        float[] logits = {Float.NaN, 0};
        Model bad = new Model(good.shape(), good.tokenizer(), good.embeddings(), good.layers(), good.head(), good.task(),
                good.provenance(), List.of(new GoldenExample("a", Optional.empty(), logits)));
        assertThatThrownBy(() -> ModelWriter.write(bad, path))
                .isInstanceOfSatisfying(ModelFormatException.class,
                        e -> assertThat(e.refusal()).isEqualTo(Refusal.BAD_GOLDEN_EXAMPLE))
                .hasMessageStartingWith(path.toString());
        assertThat(Files.readAllBytes(path)).isEqualTo(before);
        assertThat(filesIn(folder)).containsExactly(path);
    }

    @Test
    void whatCannotBeWrittenLeavesNothingBehind() throws Exception {
        Path nowhere = folder.resolve("absent").resolve("model");
        assertThatThrownBy(() -> ModelWriter.write(TestModels.small(), nowhere))
                .isInstanceOf(IOException.class).hasMessageContaining("there is no folder");
        Path taken = Files.createDirectory(folder.resolve("taken"));
        assertThatThrownBy(() -> ModelWriter.write(TestModels.small(), taken))
                .isInstanceOf(IOException.class).hasMessageContaining("a folder has that name");
        // Known only when the finished file is moved into place.
        Path longName = folder.resolve("x".repeat(256));
        assertThatThrownBy(() -> ModelWriter.write(TestModels.small(), longName))
                .isInstanceOf(IOException.class).hasMessage("The model cannot be written to " + longName + ": File name too long.");
        assertThat(filesIn(folder)).containsExactly(taken);
        assertThat(filesIn(taken)).isEmpty();
    }

    /** As root, writing to /dev/null would leave a file there; a socket can be made without rights. */
    @Test
    void aDeviceIsNotReplaced() throws Exception {
        Path target = folder.resolve("socket");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(target));
            assertThatThrownBy(() -> ModelWriter.write(TestModels.small(), target))
                    .isInstanceOf(IOException.class).hasMessageContaining("a pipe or a device has that name");
            assertThat(Files.isRegularFile(target)).isFalse();
        }
    }

    @Test
    void replacingAFileLeavesItsReadersAlone() throws Exception {
        Path path = write(TestModels.small(), "model");
        float[] before = TestModels.small().embeddings().word().toFloats();
        try (ModelFile old = ModelFile.open(path)) {
            write(TestModels.full(), "model");
            assertThat(old.model().embeddings().word().toFloats()).isEqualTo(before);
        }
        try (ModelFile fresh = ModelFile.open(path)) {
            assertThat(fresh.model().task().name()).isEqualTo("mnli");
        }
    }

    @Test
    void theSchemaShipsWithTheClasses() throws Exception {
        try (InputStream schema = ModelWriter.class.getResourceAsStream("/filigree.proto")) {
            assertThat(schema).isNotNull();
            assertThat(new String(schema.readAllBytes(), StandardCharsets.UTF_8)).contains("package filigree.v1;");
        }
    }

    private Path write(Model model, String name) throws IOException {
        Path path = folder.resolve(name);
        ModelWriter.write(model, path);
        return path;
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
