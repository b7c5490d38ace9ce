package dev.filigree.tests.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.tests.Main;
import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.peer.Agreement;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import dev.filigree.tests.bench.report.BenchReport.KernelLine;
import dev.filigree.tests.bench.report.BenchReport.LeftOut;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import dev.filigree.tests.bench.report.BenchReport.StageLine;
import dev.filigree.tests.bench.report.BenchReport.StageTable;
import dev.filigree.tests.bench.report.BenchReport.TextCase;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables and picture of a run whose figures are made up. */
class ReportTest {
    private static final BenchReport REPORT = new BenchReport(
            Map.of("processor", "Abacus 3000"), 3, 0,
            List.of(
                    new EngineFacts("m/native", true, "2:4@16 INT8", null),
                    new EngineFacts("m:dense/native", true, "dense INT8", agreement(0.001, 0.01)),
                    new EngineFacts("m:fp32/native", true, "2:4@16 FP32", agreement(0.002, 0.01)),
                    new EngineFacts("m:dense-fp32/native", true, "dense FP32", agreement(0.002, 0.01)),
                    new EngineFacts("ort-fp32", false, "fp32", agreement(0.002, 0.01)),
                    new EngineFacts("ort-int8", false, "int8", agreement(0.2, 0.5)),
                    new EngineFacts("ort-fused-int8", false, "int8, fused", agreement(0.2, 0.5))),
            List.of(new LeftOut("djl-pytorch", "its library is not there.")),
            List.of(new Case(8, 128, 1, "hot", List.of(
                    timing("m/native", 1, 2, 3), timing("m:dense/native", 2, 3, 6), timing("m:fp32/native", 3, 4, 5),
                    timing("m:dense-fp32/native", 6, 8, 10), timing("ort-fp32", 12, 16, 20), timing("ort-int8", 9, 9, 9),
                    timing("ort-fused-int8", 4, 6, 12)))),
            List.of(new TextCase("m/native", "one short sentence", 9, 1,
                    List.of(timing("text to labels", 2), timing("encoder", 1.9),
                            new Timing("tokenizer", 0.05, 0.05, 0.025, List.of(0.05))))),
            List.of(new Peak("fma avx2", "Gop/s", 103.4)),
            List.of(new KernelLine("vnni", "INT8 2:4@16", 384, 1536, 128, 123, 618, 0.87, 1.71)),
            List.of(new StageTable("m/native avx2", 8, 128, 10,
                    List.of(new StageLine("qkv", 4, 0.2, 1, 2), new StageLine("norm", 1, 0, 0, 0)))));

    @TempDir
    Path folder;

    private static Agreement agreement(double gap, double tolerance) {
        return new Agreement("m/native", Agreement.LOGITS, gap, tolerance, 2 * gap);
    }

    private static Timing timing(String name, double... samples) {
        double median = samples[samples.length / 2];
        return new Timing(name, median, samples[0], median / 2, Arrays.stream(samples).boxed().toList());
    }

    @Test
    void jsonComesBackAsItWas() throws IOException {
        Path json = folder.resolve("report.json");
        REPORT.write(json);
        assertThat(BenchReport.read(json)).isEqualTo(REPORT);
    }

    @Test
    void anotherFileIsRefusedInASentence() throws IOException {
        Path file = Files.writeString(folder.resolve("other.json"), "{\"figures\": 3}");
        assertThatThrownBy(() -> BenchReport.read(file)).isInstanceOf(IOException.class)
                .hasMessageContaining("no report of filigree bench");
    }

    @Test
    void speedUpIsTakenApartRoundByRound() {
        Attribution parts = Attribution.of(REPORT.cases().getFirst(), "m/native");
        assertThat(parts.tells()).isTrue();
        // The faster of ONNX Runtime's int8 graphs is the fused one: medians of 4/2, 6/3, 12/6 and of 4/1, 6/2, 12/3.
        assertThat(parts.engine().orElseThrow()).isCloseTo(2, within(1e-12));
        assertThat(parts.overInt8().orElseThrow()).isCloseTo(4, within(1e-12));
        assertThat(parts.sparsity().orElseThrow()).isCloseTo(2, within(1e-12));
        assertThat(parts.codes().orElseThrow()).isCloseTo(8.0 / 3, within(1e-12));
        assertThat(parts.sparsityFp32().orElseThrow()).isCloseTo(2, within(1e-12));
        assertThat(parts.overFp32().orElseThrow()).isCloseTo(8, within(1e-12));
        assertThat(Attribution.of(REPORT.cases().getFirst(), "other/native").tells()).isFalse();
    }

    @Test
    void tablesHoldTheFigures() {
        String text = MarkdownTables.of(REPORT);
        assertThat(text).contains(
                "processor Abacus 3000",
                "| logits with m/native | 0.20 (as timed 0.40) | 0.50 |",
                "| djl-pytorch | left out: its library is not there. |",
                "| 8 × 128 | 2.00 |", "| 8 × 128 | **4.00×** | 2.00× | 2.00× | **8.00×** |",
                "| m/native | one short sentence | 9 | 1 | 2.00 | 1.90 | 0.0500 | 2.50 % |", "| fma avx2 | 103 Gop/s |",
                "| INT8 2:4@16 | 128 | 123 | 618 | 87 % | 1.71× |", "| qkv | 4.00 · 40 % · 50 % |",
                "| norm | 1.00 · 10 % |", "| all | 10.0 |");
    }

    @Test
    void pictureIsSmallAndDrawnWithoutADisplay() throws IOException {
        Path json = folder.resolve("report.json");
        Path png = folder.resolve("report.png");
        REPORT.write(json);
        StringWriter out = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true))
                .execute("bench-report", json.toString(), "--chart", png.toString());
        assertThat(code).isZero();
        assertThat(out.toString()).isEqualTo(MarkdownTables.of(REPORT));
        assertThat(Files.size(png)).isLessThan(200_000);
        BufferedImage picture = ImageIO.read(png.toFile());
        assertThat(picture.getWidth()).isEqualTo(1500);
        // Something is drawn: neither all white nor all of one colour.
        assertThat(picture.getRGB(0, 0, 1500, picture.getHeight(), null, 0, 1500)).contains(0xff08306b, 0xffffffff);
        assertThat(Picture.chart(REPORT, 1).getSeries("ort-fp32").getYData()).containsExactly(1);
    }

    @Test
    void pictureOfCasesThatAreNotThereIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Picture.chart(REPORT, 7)).withMessageContaining("7 threads");
    }
}
