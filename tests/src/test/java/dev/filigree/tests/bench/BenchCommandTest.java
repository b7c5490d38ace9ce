package dev.filigree.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.kernel.nativecode.StageTimer;
import dev.filigree.tests.Main;
import dev.filigree.tests.SmallModels;
import dev.filigree.tests.bench.report.BenchReport;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import dev.filigree.tests.bench.report.BenchReport.StageLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
    @TempDir
    Path folder;

    @Test
    void measuresFilesVariantsProvidersAndPeersSideBySide() throws Exception {
        Path json = folder.resolve("bench.json");
        String out = run(
                "a=" + SmallModels.writePruned(folder.resolve("pruned.filigree")),
                SmallModels.write(folder.resolve("b.filigree")).toString(),
                "--against", "ort-fp32,ort-fused,ort-int8-published", "--provider", "vector", "--as", "packed,dense",
                "--cases", "2x8", "--rounds", "1", "--warmup", "0", "--cold", "--text", "--kernels", "--stages", "--json", json.toString());
        BenchReport report = BenchReport.read(json);
        assertThat(report.engines()).extracting(EngineFacts::name).containsExactly(
                "a/vector", "a:dense/vector", "b/vector", "ort-fp32", "ort-fused");
        assertThat(report.engines()).filteredOn(engine -> engine.agreement() != null).hasSize(3)
                .allMatch(engine -> engine.agreement().holds());
        assertThat(report.leftOut()).extracting(BenchReport.LeftOut::name).containsExactly("b:dense", "ort-int8-published");
        assertThat(report.cases()).extracting(Case::caches).containsExactly("hot", "cold");
        assertThat(report.cases()).allMatch(one -> one.timings().size() == report.engines().size());
        assertThat(report.texts()).hasSize(2 * 3);
        assertThat(report.kernels()).hasSize(StageTimer.refusal().isEmpty() ? 2 * 5 * 2 : 0).allMatch(line -> line.gops() > 0);
        if (StageTimer.refusal().isEmpty()) {
            assertThat(report.stages()).hasSize(3).allSatisfy(table -> {
                assertThat(table.stages()).extracting(StageLine::stage)
                        .contains("embed", "qkv", "attention", "attention output", "ffn in", "ffn out", "norm", "head");
                double sum = table.stages().stream().mapToDouble(StageLine::millis).sum();
                assertThat(sum).isBetween(0.5 * table.millis(), 2 * table.millis());
            });
        }
        assertThat(out).contains("ort-fused", "ort-int8-published was left out", "tokenizer");
    }

    @ParameterizedTest
    @CsvSource({"--as, abacus", "--cases, 8", "--cases, 0x16", "--threads, 0", "--rounds, 0", "--against, abacus"})
    void wrongUsageIsToldSo(String option, String value) throws Exception {
        Path file = SmallModels.write(folder.resolve("a.filigree"));
        StringWriter err = new StringWriter();
        int code = Main.commandLine().setErr(new PrintWriter(err, true)).execute("bench", file.toString(), option, value);
        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).startsWith("filigree: ").contains("bench --help");
    }

    @Test
    void sameProviderByTwoNamesIsMeasuredOnce() throws Exception {
        Path json = folder.resolve("bench.json");
        run(SmallModels.write(folder.resolve("a.filigree")).toString(), "--provider", "reference,reference", "--against", "none",
                "--cases", "1x4", "--rounds", "1", "--warmup", "0", "--json", json.toString());
        assertThat(BenchReport.read(json).engines()).extracting(EngineFacts::name).containsExactly("a/reference");
    }

    private String run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("bench"));
        all.addAll(List.of(arguments));
        StringWriter out = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).execute(all.toArray(String[]::new));
        assertThat(code).isZero();
        return out.toString();
    }
}
