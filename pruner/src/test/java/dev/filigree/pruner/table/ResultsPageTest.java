package dev.filigree.pruner.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables on a page, made from results alone. */
class ResultsPageTest {
    private static final String PAGE = "before\n\n" + ResultsPage.BEGIN + "-->\nold\n" + ResultsPage.END + "\n\nafter\n";

    @TempDir
    Path folder;

    @Test
    void theRepositorysPageIsWhatItsResultsGive() throws IOException {
        Path docs = Path.of("..", "docs");
        String page = Files.readString(docs.resolve("results.md"));
        List<RunResult> results = new ResultFolder(docs.resolve("results")).all();
        assertThat(ResultsPage.updated(page, results, "results.md"))
                .as("run './filigree glue-table --page-only' and commit docs/results.md").isEqualTo(page);
    }

    @Test
    void onlyThePartBetweenTheCommentsChanges() throws IOException {
        String updated = ResultsPage.updated(PAGE, List.of(result("rte", "dense", 1, 0.7, 0.7)), "page");
        assertThat(updated).startsWith("before\n\n" + ResultsPage.BEGIN).endsWith(ResultsPage.END + "\n\nafter\n").doesNotContain("old");
        assertThat(ResultsPage.updated(updated, List.of(result("rte", "dense", 1, 0.7, 0.7)), "page")).isEqualTo(updated);
    }

    @Test
    void aCellIsTheMeanOfItsSeedsAndTheDifferenceThatToTheirOwnDenseModels() throws IOException {
        String page = ResultsPage.updated(PAGE, List.of(
                result("rte", "dense", 1, 0.70, 0.70), result("rte", "dense", 2, 0.72, 0.71), result("rte", "dense", 3, 0.74, 0.75),
                result("rte", "2:4@16", 1, 0.70, 0.68), result("rte", "2:4@16", 2, 0.72, 0.72), result("rte", "2:4@16", 3, 0.74, 0.73)),
                "page");
        assertThat(page).contains(
                "| dense, fp32, by the trainer | 72.00 ± 2.00 (3) | 72.00 |\n",
                "| dense, packed | 72.00 ± 2.65 (3) | 72.00 |\n",
                "| `2:4@16` obs, admm, sr-ste | 71.00 ± 2.65 (3) | 71.00 |\n",
                "| `2:4@16` obs, admm, sr-ste | -1.00 ± 1.00 (3) | -1.00 |\n");
    }

    @Test
    void whatIsMissingIsShown() throws IOException {
        String page = ResultsPage.updated(PAGE, List.of(
                result("rte", "dense", 1, 0.70, 0.70), result("cola", "dense", 1, 0.40, 0.41), result("rte", "2:4@16", 1, 0.70, 0.68)),
                "page");
        assertThat(page).contains(
                "|  | CoLA | RTE | mean |\n|---|---|---|---|\n",
                "| dense, packed | 41.00 (1) | 70.00 (1) | 55.50 |\n",
                "| `2:4@16` obs, admm, sr-ste | missing | 68.00 (1) | 68.00 of 1, 1 missing |\n");
    }

    @Test
    void partsOfFilesSettingsAndMinutesAreShown() throws IOException {
        String page = ResultsPage.updated(PAGE, List.of(
                result("qnli", "dense", 1, 0.9, 0.9), result("qnli", "2:4@1", 1, 0.9, 0.9)), "page");
        assertThat(page).contains(
                "| training rows | 100 of 104,743 |\n",
                "| evaluation rows | 5,463 |\n",
                "| dense, packed, epochs | 3 at 1e-4 |\n",
                "| `2:4@1` obs, admm, sr-ste, epochs | 1.5 at 5e-5 |\n",
                "| `2:4@1` obs, admm, sr-ste, minutes | 2.0 |\n",
                "2 runs, 2026-01-01, 2 threads; filigree 0, PyTorch 2.");
    }

    @Test
    void patternsAndMethodsHaveRowsOfTheirOwnAndBasesTablesOfTheirOwn() throws IOException {
        RunResult other = result("rte", "2:4@16", 1, 0.7, 0.6);
        String page = ResultsPage.updated(PAGE, List.of(
                result("rte", "2:4@16", 1, 0.7, 0.68), result("rte", "2:4@4", 1, 0.7, 0.69), with(other, "base", "magnitude"),
                with(other, "another", "magnitude")), "page");
        assertThat(page).containsSubsequence("### another\n", "### base\n", "| dense, fp32, by the trainer | missing | missing |\n",
                "| `2:4@4` obs, admm, sr-ste | 69.00 (1)", "| `2:4@16` magnitude | 60.00 (1)", "| `2:4@16` obs, admm, sr-ste | 68.00 (1)");
    }

    @Test
    void trainingThatIsNotAsUsualHasRowsOfItsOwn() throws IOException {
        RunResult patient = result("rte", "dense", 1, 0.72, 0.71);
        patient.settings().put("patience", "3");
        RunResult imitated = result("rte", "2:4@16", 1, 0.7, 0.66);
        imitated.settings().put("distill", "labels,logits=0.5");
        imitated.settings().remove("augment");
        imitated.settings().put("quantize-aware", "0.25");
        String page = ResultsPage.updated(PAGE, List.of(
                result("rte", "dense", 1, 0.7, 0.69), patient, result("rte", "2:4@16", 1, 0.7, 0.68), imitated), "page");
        assertThat(page).containsSubsequence(
                "| dense, fp32, by the trainer | 70.00 (1)", "| dense, fp32, by the trainer `--patience 3` | 72.00 (1)",
                "| dense, packed | 69.00 (1)", "| dense, packed `--patience 3` | 71.00 (1)",
                "| `2:4@16` obs, admm, sr-ste | 68.00 (1)",
                "| `2:4@16` obs, admm, sr-ste `--distill labels,logits=0.5 --augment 0 --quantize-aware 0.25` | 66.00 (1)");
    }

    @Test
    void seedsOfDifferentSettingsAreNamed() throws IOException {
        RunResult second = result("rte", "dense", 2, 0.7, 0.7);
        second.settings().put("dense-epochs", "9.0");
        String page = ResultsPage.updated(PAGE, List.of(result("rte", "dense", 1, 0.7, 0.7), second), "page");
        assertThat(page).contains("The seeds of RTE, dense, packed, differ in dense-epochs.\n");
    }

    @Test
    void aPageWithoutAPlaceIsRefusedAndLeft() throws IOException {
        Path page = folder.resolve("page.md");
        Files.writeString(page, "nothing here\n");
        assertThatThrownBy(() -> ResultsPage.update(page, new ResultFolder(folder.resolve("results"))))
                .isInstanceOf(IOException.class).hasMessageContaining("page.md has no place for the tables");
        assertThat(page).hasContent("nothing here\n");
    }

    @Test
    void resultsSurviveTheirFiles() throws IOException {
        ResultFolder results = new ResultFolder(folder);
        RunResult result = result("rte", "2:4@16", 1, 0.7, 0.68);
        TableRun run = new TableRun(GlueTask.RTE, SparsityPlan.parse("2:4@16"), Optional.empty(),
                MethodChain.parse("obs"), TrainingOptions.DEFAULT, 1);
        results.write(result, run);
        assertThat(results.file("base", run)).hasFileName("rte-2-4-16-obs-seed1.json");
        assertThat(results.all()).containsExactly(result);
        results.write(result, run);
        assertThat(folder.resolve("base")).isDirectoryContaining("glob:**.json").isDirectoryNotContaining("glob:**.part");
    }

    private static RunResult result(String task, String pattern, long seed, double dense, double packed) {
        SequencedMap<String, String> settings = new LinkedHashMap<>();
        settings.put("dense-epochs", "3.0");
        settings.put("dense-rate", "1.0E-4");
        settings.put("prune-epochs", "1.5");
        settings.put("prune-rate", "5.0E-5");
        settings.put("augment", "0.3");
        SequencedMap<String, RunResult.Rows> files = new LinkedHashMap<>();
        files.put("X/train.tsv", new RunResult.Rows(100, 104_743, true, "aa"));
        files.put("X/dev.tsv", new RunResult.Rows(5_463, 5_463, false, "bb"));
        RunResult.Scores scores = new RunResult.Scores("accuracy", score(dense), score(packed), score(packed));
        String method = pattern.equals("dense") ? "dense" : "obs,admm,sr-ste";
        return new RunResult("base", task, pattern, pattern, method, seed, settings, files, scores, 0.6, 0.001, 4000, 1000,
                new LinkedHashMap<>(Map.of("a", 100.0, "b", 20.0)), 2, versions(), "2026-01-01T00:00:00Z");
    }

    private static RunResult with(RunResult result, String base, String method) {
        return new RunResult(base, result.task(), result.pattern(), result.plan(), method, result.seed(), result.settings(), result.files(),
                result.scores(), result.keptEnergy(), result.logitGap(), result.denseBytes(), result.packedBytes(), result.seconds(),
                result.threads(), result.versions(), result.date());
    }

    private static SequencedMap<String, String> versions() {
        SequencedMap<String, String> versions = new LinkedHashMap<>();
        versions.put("filigree", "0");
        versions.put("PyTorch", "2");
        return versions;
    }

    private static RunResult.Score score(double value) {
        SequencedMap<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("accuracy", value);
        return new RunResult.Score(value, metrics);
    }
}
