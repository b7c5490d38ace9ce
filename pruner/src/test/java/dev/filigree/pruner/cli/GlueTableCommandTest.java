package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.pruner.table.ResultFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command does without training anything. */
class GlueTableCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    @Test
    void pageOnlyMakesThePagesPartAndRunsNothing() throws IOException {
        Path page = page();
        assertThat(run("--page-only")).isZero();
        assertThat(page).content().startsWith("# Page\n").contains("No run is finished yet.").endsWith("the end\n");
        assertThat(folder.resolve("work")).doesNotExist();
    }

    @Test
    void aPageThatIsNotThereIsMadeBesideTheResults() {
        assertThat(execute("glue-table", "--page-only", "--results", folder.resolve("mine").toString())).isZero();
        assertThat(folder.resolve("mine.md")).content().startsWith("<!-- glue-table: ").contains("No run is finished yet.");
    }

    @Test
    void aPageWithoutAPlaceIsFoundOutBeforeAnythingRuns() throws IOException {
        Files.writeString(folder.resolve("page.md"), "# Page\n");
        assertThat(run("--data", "sample", "--tasks", "rte")).isEqualTo(1);
        assertThat(err.toString()).contains("page.md has no place for the tables");
        assertThat(folder.resolve("work")).doesNotExist();
    }

    @Test
    void whatIsNoPageAndWhatIsNoFolderOfResultsAreNamed() throws IOException {
        Path binary = Files.write(folder.resolve("model"), new byte[] {(byte) 0xFF});
        assertThat(execute("glue-table", "--page-only", "--results", folder.resolve("mine").toString(), "--page", binary.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("model cannot be read as a page of text");
        assertThat(binary).hasBinaryContent(new byte[] {(byte) 0xFF});
        assertThat(execute("glue-table", "--page-only", "--results", binary.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("model is not a folder");
        assertThat(folder.resolve("model.md")).doesNotExist();
    }

    @Test
    void runsWithoutDataFailEachWithItsReasonAndTheCommandExitsWithOne() throws IOException {
        page();
        Path empty = Files.createDirectory(folder.resolve("empty"));
        int code = run("--data", empty.toString(), "--tasks", "rte", "--seeds", "1,2", "--patterns", "2:4@16,value=2:4@4,2:4@1");
        assertThat(code).isEqualTo(1);
        assertThat(out.toString().lines()).hasSize(6).allMatch(line -> line.contains(": failed: "));
        assertThat(out.toString()).contains("rte dense seed 1: failed: There is no RTE/train.tsv",
                "rte 2:4@16,value=2:4@4 obs,admm,sr-ste seed 2: failed: ", "rte 2:4@1 obs,admm,sr-ste seed 2: failed: ");
        assertThat(err.toString()).contains("6 runs failed");
        assertThat(new ResultFolder(folder.resolve("results")).all()).isEmpty();
    }

    @Test
    void trainingIsSetAsPruneSetsIt() throws IOException {
        page();
        Path empty = Files.createDirectory(folder.resolve("empty"));
        run("--data", empty.toString(), "--tasks", "rte", "--patterns", "2:4@1", "--distill", "logits,relations=0.5",
                "--quantize-aware", "0.5", "--patience", "2");
        assertThat(out.toString()).contains("rte dense --patience 2 seed 1: failed: ",
                "rte 2:4@1 obs,admm,sr-ste --distill logits,relations=0.5 --quantize-aware 0.5 --patience 2 seed 1: failed: ");
    }

    @Test
    void wrongUsageExitsWithTwo() throws IOException {
        page();
        assertThat(run("--patterns", "2:x")).isEqualTo(2);
        assertThat(run("--tasks", "imdb")).isEqualTo(2);
        assertThat(err.toString()).contains("There is no GLUE task 'imdb'");
        assertThat(run("--data", "sample", "--quantize-aware", "2")).isEqualTo(2);
        assertThat(run("--data", "sample", "--threads", "0")).isEqualTo(2);
        assertThat(run("--data", "sample", "--threads", "100000")).isEqualTo(2);
        assertThat(run("--data", "sample", "--batch-size", "134217728")).isEqualTo(2);
        assertThat(run("--data", "sample", "--dense-epochs", "1e9")).isEqualTo(2);
        assertThat(run("--data", "sample", "--prune-epochs", "-1")).isEqualTo(2);
        assertThat(run("--data", "sample", "--quantize-aware", "0.5", "--dtype", "fp32")).isEqualTo(2);
        assertThat(run("--data", "sample", "--patience", "0")).isEqualTo(2);
        assertThat(run("--data", "sample", "--distill", "everything")).isEqualTo(2);
        assertThat(run("--data", "sample", "--candidates", "2:4@4")).isEqualTo(2);
        assertThat(err.toString()).contains("--candidates are what --budgets choose from",
                "share of quantisation-aware steps", "stored in fp32 are not rounded", "patience of at least 1",
                "at most 1024 threads, not 100000", "at most 1000 epochs, and at most 65536 examples",
                "'everything' is nothing to distil");
    }

    private Path page() throws IOException {
        return Files.writeString(
                folder.resolve("page.md"), "# Page\n\n<!-- glue-table: -->\n<!-- end of glue-table -->\n\nthe end\n");
    }

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("glue-table", "--work", folder.resolve("work").toString(), "--results",
                folder.resolve("results").toString(), "--page", folder.resolve("page.md").toString()));
        all.addAll(List.of(arguments));
        return execute(all.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(arguments);
    }
}
