package dev.filigree.tests.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.tests.Main;
import dev.filigree.tests.SmallModels;
import dev.filigree.tests.bench.report.BenchReport;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    @TempDir
    Path folder;

    @Test
    void measuresFilesVariantsProvidersAndPeersSideBySide() throws Exception {
        Path json = folder.resolve("bench.json");
        String out = run(
                "a=" + SmallModels.writePruned(folder.resolve("pruned.filigree")),
                SmallModels.write(folder.resolve("b.filigree")).toString(),
                "--against", "ort-fp32,ort-fused,ort-int8-published", "--provider", "vector,reference", "--as", "packed,dense",
                "--cases", "1x4,2x8", "--rounds", "2", "--warmup", "0", "--cold", "--text", "--json", json.toString());
        BenchReport report = BenchReport.read(json);
        assertThat(report.engines()).extracting(EngineFacts::name).containsExactly(
                "a/vector", "a/reference", "a:dense/vector", "a:dense/reference", "b/vector", "b/reference", "ort-fp32", "ort-fused");
        assertThat(report.engines()).filteredOn(engine -> engine.agreement() != null).hasSize(6)
                .allMatch(engine -> engine.agreement().holds());
        assertThat(report.leftOut()).extracting(BenchReport.LeftOut::name).containsExactly("b:dense", "ort-int8-published");
        assertThat(report.cases()).extracting(Case::caches).containsExactly("hot", "cold", "hot", "cold");
        assertThat(report.cases()).allMatch(one -> one.timings().size() == report.engines().size());
        assertThat(report.texts()).hasSize(2 * 6);
        assertThat(out).contains("ort-fused", "ort-int8-published was left out", "tokenizer");
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
