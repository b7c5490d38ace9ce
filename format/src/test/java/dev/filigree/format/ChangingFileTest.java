package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that change under their reader. */
class ChangingFileTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatIsCutShortIsATypedErrorAndNotTheEndOfTheProcess() throws Exception {
        Path output = folder.resolve("output");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash"), "-cp", System.getProperty("java.class.path"),
                ChangingFile.class.getName(), folder.resolve("model.filigree").toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        int exit = process.waitFor();
        String printed = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(exit).as(printed).isZero();
        assertThat(printed).contains("cut after opening, read before 20000 times: refused", "cut while opening: a model or a refusal");
    }

    @Test
    void whatIsWrittenOverAnOpenFileIsSeenUnchecked() throws Exception {
        Path path = folder.resolve("model.filigree");
        ModelWriter.write(TestModels.small(), path);
        try (ModelFile file = ModelFile.open(path)) {
            DenseMatrix classifier = (DenseMatrix) file.model().head().classifier().weight();
            // The classifier's weights lie before its bias, the last payload: 64 and 8 bytes, and a header that fills up to 64.
            long offset = Files.size(path) - 8 - 64 - 64;
            byte before = classifier.values().get(ValueLayout.JAVA_BYTE, 0);
            ChangingFile.overwrite(path, offset, before + 1);
            assertThat(classifier.values().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) (before + 1));
        }
    }

    @Test
    void aCopyIsOutOfReachOfWhateverIsDoneToTheFile() throws Exception {
        Path path = folder.resolve("model.filigree");
        Model model = TestModels.full();
        ModelWriter.write(model, path);
        try (ModelFile file = ModelFile.openCopy(path)) {
            assertThat(file.name()).isEqualTo(path.toString());
            assertThat(file.sizeBytes()).isEqualTo(Files.size(path));
            Files.write(path, new byte[(int) Files.size(path)]);
            ModelAssert.assertSame(file.model(), model);
            Files.write(path, new byte[0]);
            ModelAssert.assertSame(file.model(), model);
            Files.delete(path);
            ModelAssert.assertSame(file.model(), model);
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "tells what is mapped from /proc")
    void aCopyIsGoneWithItsModelAndARefusedOneAtOnce() throws Exception {
        Path path = folder.resolve("model.filigree");
        ModelWriter.write(TestModels.small(), path);
        try (ModelFile file = ModelFile.openCopy(path)) {
            assertThat(file.sizeBytes()).isPositive();
            assertThat(mappings()).anyMatch(line -> line.endsWith(".copy (deleted)"));
        }
        int last = (int) Files.size(path) - 1;
        ChangingFile.overwrite(path, last, Files.readAllBytes(path)[last] + 1);
        assertThatThrownBy(() -> ModelFile.openCopy(path))
                .hasMessageContaining(path.toString())
                .isInstanceOfSatisfying(ModelFormatException.class, e -> assertThat(e.refusal()).isEqualTo(Refusal.BAD_CHECKSUM));
        assertThat(mappings()).noneMatch(line -> line.contains(".copy"));
    }

    private static List<String> mappings() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/maps"));
    }
}
