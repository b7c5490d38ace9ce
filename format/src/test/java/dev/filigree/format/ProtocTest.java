package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.TextFormat;
import dev.filigree.format.proto.FiligreeProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A packed file through Google's own compiler, which shares no code with the reader nor with protobuf-java. */
class ProtocTest {
    @TempDir
    Path folder;

    @Test
    void decodesAWholeFileWithTheSchemaAlone() throws Exception {
        Path protoc = protoc().orElse(null);
        assumeTrue(protoc != null, "protoc --decode is not tried: target/protobuf-maven-plugin holds no protoc that runs here.");
        Path file = folder.resolve("model.filigree");
        ModelWriter.write(TestModels.full(), file);
        Path text = folder.resolve("text");
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(
                        protoc.toString(), "--decode=filigree.v1.ModelFile", "--proto_path=src/main/protobuf", "filigree.proto")
                .redirectInput(file.toFile())
                .redirectOutput(text.toFile())
                .redirectError(errors.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(errors)).isZero();

        FiligreeProto.ModelFile.Builder decoded = FiligreeProto.ModelFile.newBuilder();
        // Fails at a field without a name, which is how protoc prints one that the schema does not know.
        TextFormat.getParser().merge(Files.readString(text, StandardCharsets.UTF_8), decoded);
        assertThat(decoded.getMagic()).isEqualTo("filigree");
        assertThat(decoded.getPayloadCount()).isEqualTo(decoded.getManifest().getPayloadsCount()).isPositive();
        assertThat(decoded.build()).isEqualTo(FiligreeProto.ModelFile.parseFrom(Files.readAllBytes(file)));
    }

    /** The compiler that the build has fetched to generate the classes. */
    private static Optional<Path> protoc() throws IOException {
        Path plugin = Path.of("target", "protobuf-maven-plugin");
        if (!Files.isDirectory(plugin)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(plugin)) {
            return files.filter(file -> file.getFileName().toString().matches("protoc-.*\\.exe") && Files.isExecutable(file)).findFirst();
        }
    }
}
