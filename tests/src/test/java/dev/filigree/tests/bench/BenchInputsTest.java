package dev.filigree.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command's arguments mean. */
class BenchInputsTest {
    @TempDir
    Path folder;

    @Test
    void caseIsTextsTimesTokens() {
        assertThat(CaseShape.parse("8x128")).isEqualTo(new CaseShape(8, 128)).hasToString("8x128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8", "8x", "x8", "0x16", "8x1", "-1x16", "8*16", "1x16x3", "999999x16"})
    void whatIsNoCaseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> CaseShape.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "models/sst2.filigree, sst2, models/sst2.filigree",
        "sst2=models/a.filigree, sst2, models/a.filigree",
        "2:4@16=a.filigree, 2:4@16, a.filigree",
        "model.bin, model.bin, model.bin",
        "a/b=c.filigree, b=c, a/b=c.filigree",
    })
    void fileHasAName(String argument, String name, String path) {
        assertThat(WeightsFile.parse(argument)).isEqualTo(new WeightsFile(name, Path.of(path)));
    }

    @Test
    void fileThatHappensToHaveAnEqualsSignIsThatFile() throws Exception {
        Path file = Files.createFile(folder.resolve("x=y.filigree"));
        assertThat(WeightsFile.parse(file.toString())).isEqualTo(new WeightsFile("x=y", file));
    }

    @ParameterizedTest
    @CsvSource({"32K, 32768", "1M, 1048576", "777, 777"})
    void cacheSizesAreRead(String text, long bytes) {
        assertThat(MachineFacts.bytes(text)).isEqualTo(bytes);
    }
}
