package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Wrong input gives one sentence and the right exit code, never a stack trace, and leaves nothing half-written behind. */
class WrongInputTest {
    private static final String TRAIN = "sentence\tlabel\nA fine day out.\t1\nA dull day out.\t0\n";

    @TempDir
    private static Path folder;

    private static Path good;

    @BeforeAll
    static void packSmallModel() throws IOException {
        good = SmallModels.write(folder.resolve("good.filigree"));
    }

    /** What a command said and how it ended. */
    private record Outcome(int code, String out, String err) {
        Outcome fails(int expected, String... words) {
            assertThat(code).as(err).isEqualTo(expected);
            assertThat(err).startsWith("filigree: ").contains(words).doesNotContain("\tat ", "Exception");
            assertThat(err.lines().filter(line -> !line.startsWith("Try "))).hasSize(1);
            return this;
        }
    }

    private static Outcome pruner(Object... arguments) {
        return run(dev.filigree.pruner.cli.Main.commandLine(), arguments);
    }

    private static Outcome run(CommandLine line, Object... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(Stream.of(arguments).map(Object::toString).toArray(String[]::new));
        return new Outcome(code, out.toString(), err.toString());
    }

    @Test
    void unknownTaskIsWrongUsage() {
        pruner("prune", "--task", "sst3", "--data", "sample", "--out", folder.resolve("o")).fails(2, "sst3", "sst2");
    }

    @Test
    void badPatternIsWrongUsage() {
        pruner("prune", "--task", "sst2", "--data", "sample", "--pattern", "3:2@5", "--out", folder.resolve("o")).fails(2, "3:2@5", "N");
        pruner("prune", "--task", "sst2", "--data", "sample", "--pattern", "half", "--out", folder.resolve("o")).fails(2, "half", "2:4@16");
    }

    @Test
    void unknownMethodIsWrongUsage() {
        pruner("prune", "--task", "sst2", "--data", "sample", "--method", "magic", "--out", folder.resolve("o")).fails(2, "magic", "admm");
    }

    @Test
    void settingsOutOfRangeAreWrongUsage() {
        pruner("prune", "--task", "sst2", "--data", "sample", "--batch-size", 0, "--out", folder.resolve("o")).fails(2, "batch size");
        pruner("prune", "--task", "sst2", "--data", "sample", "--threads", 0, "--out", folder.resolve("o")).fails(2, "thread");
        pruner("prune", "--task", "sst2", "--data", "sample", "--seed", "x", "--out", folder.resolve("o")).fails(2, "--seed");
        pruner("prune", "--task", "sst2", "--data", "sample", "--dense-rate", "Infinity", "--out", folder.resolve("o")).fails(2, "finite");
        pruner("eval", good, "--task", "sst2", "--data", "sample", "--threads", 0).fails(2, "thread");
        pruner("eval", good, "--task", "sst2", "--data", "sample", "--threads", 100_000).fails(2, "1 to 1024 threads");
    }

    @Test
    void missingOptionIsWrongUsage() {
        pruner("prune", "--task", "sst2", "--data", "sample").fails(2, "--out");
    }

    @Test
    void unknownBaseFails() {
        pruner("prune", "--base", "bert-huge", "--task", "sst2", "--data", "sample", "--out", folder.resolve("o"))
                .fails(1, "bert-huge", "all-MiniLM-L6-v2");
        assertThat(folder.resolve("o")).doesNotExist();
    }

    @Test
    void baseFileOfAnotherTaskFails() {
        pruner("prune", "--base", good, "--task", "rte", "--data", "sample", "--out", folder.resolve("o")).fails(1, "sst2", "rte");
    }

    @Test
    void prunedBaseFileFails() throws IOException {
        Path pruned = SmallModels.writePruned(folder.resolve("pruned.filigree"));
        pruner("prune", "--base", pruned, "--task", "sst2", "--data", "sample", "--out", folder.resolve("o")).fails(1, "pruned already");
    }

    @Test
    void missingDataFolderFails() {
        pruner("prune", "--task", "sst2", "--data", folder.resolve("nowhere"), "--out", folder.resolve("o"))
                .fails(1, "nowhere", "glue download");
    }

    @Test
    void malformedRowIsNamedByFileLineAndColumn() throws IOException {
        Path data = Files.createDirectories(folder.resolve("malformed").resolve("SST-2"));
        Files.writeString(data.resolve("train.tsv"), TRAIN + "No label here.\n");
        Files.writeString(data.resolve("dev.tsv"), TRAIN);
        pruner("prune", "--task", "sst2", "--data", data.getParent(), "--out", folder.resolve("o"))
                .fails(1, "train.tsv", "line 4", "column");
        assertThat(folder.resolve("o")).doesNotExist();
    }

    @Test
    void missingFileFails() {
        for (List<String> command : List.of(
                List.of("inspect", "none.filigree"),
                List.of("verify", "none.filigree"),
                List.of("classify", "none.filigree", "text"),
                List.of("eval", "none.filigree", "--task", "sst2", "--data", "sample"))) {
            pruner(command.toArray()).fails(1, "none.filigree");
        }
    }

    @Test
    void truncatedFileFails() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        Path cut = folder.resolve("cut.filigree");
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 100));
        for (String command : List.of("inspect", "verify")) {
            pruner(command, cut).fails(1, "cut.filigree");
        }
        pruner("classify", cut, "text").fails(1, "cut.filigree");
    }

    @Test
    void damagedPayloadFails() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        bytes[bytes.length - 40] ^= 0x10;
        Path damaged = Files.write(folder.resolve("damaged.filigree"), bytes);
        pruner("verify", damaged).fails(1, "damaged.filigree");
    }

    @Test
    void textFileIsNoModel() throws IOException {
        Path text = Files.write(folder.resolve("text.filigree"), "not a model".getBytes(StandardCharsets.UTF_8));
        pruner("inspect", text).fails(1, "text.filigree");
        pruner("inspect", folder).fails(1, folder.toString());
    }

    @Test
    void pairForSingleTextsFails() {
        pruner("classify", good, "one", "two").fails(1, "pair");
    }

    @Test
    void wrongTaskForFileFails() {
        pruner("eval", good, "--task", "rte", "--data", "sample").fails(1, "rte");
    }

    @Test
    void unknownProviderIsWrongUsage() {
        pruner("classify", good, "text", "--provider", "abacus").fails(2, "abacus", "reference");
        pruner("verify", good, "--provider", "abacus").fails(2, "abacus", "reference");
        pruner("eval", good, "--task", "sst2", "--data", "sample", "--provider", "abacus").fails(2, "abacus", "reference");
        run(Main.commandLine(), "bench", good, "--provider", "abacus").fails(2, "abacus", "reference");
        run(dev.filigree.server.Main.commandLine(), "serve", "--model", "m=" + good, "--port", 0, "--provider", "abacus")
                .fails(2, "abacus", "reference");
    }

    @Test
    void unwritableOutputFailsBeforeAnyTraining() {
        pruner("prune", "--task", "sst2", "--data", "sample", "--out", good.resolve("inside-a-file.filigree")).fails(1, "inside-a-file");
        pruner("prune", "--task", "sst2", "--data", "sample", "--out", "/").fails(1, "/ cannot be written");
    }

    @Test
    void nothingIsWrittenOverWhatItComesFromOrComesWith() throws IOException {
        byte[] before = Files.readAllBytes(good);
        Path again = good.resolveSibling(".").resolve(good.getFileName());
        pruner("prune", "--base", good, "--task", "sst2", "--data", "sample", "--out", again).fails(2, "good.filigree", "base");
        pruner("prune", "--task", "sst2", "--data", "sample", "--save-dense", again, "--out", good).fails(2, "good.filigree", "dense");
        pruner("export", good, "--onnx", again).fails(2, "good.filigree", "itself");
        assertThat(good).hasBinaryContent(before);
    }

    @Test
    void exportTakesOneFormat() {
        pruner("export", good).fails(2, "--onnx", "--safetensors");
        pruner("export", good, "--onnx", folder.resolve("o"), "--safetensors", folder.resolve("d")).fails(2, "--onnx", "--safetensors");
        pruner("export", good, "--safetensors", folder.resolve("d"), "--int8").fails(2, "--int8", "--dtype");
        pruner("export", good, "--onnx", folder.resolve("o"), "--dtype", "fp16").fails(2, "--dtype", "--int8");
        pruner("export", good, "--safetensors", folder.resolve("d"), "--dtype", "fp64").fails(2, "fp64", "FP16");
        assertThat(folder.resolve("o")).doesNotExist();
        assertThat(folder.resolve("d")).doesNotExist();
    }

    @Test
    void exportOfNoModelWritesNothing() throws IOException {
        Path text = Files.writeString(folder.resolve("export.txt"), "not a model");
        for (Object file : List.of(folder.resolve("none.filigree"), folder, text)) {
            pruner("export", file, "--onnx", folder.resolve("o")).fails(1, file.toString());
            pruner("export", file, "--safetensors", folder.resolve("d")).fails(1, file.toString());
        }
        assertThat(folder.resolve("o")).doesNotExist();
        assertThat(folder.resolve("d")).doesNotExist();
    }

    @Test
    void exportDoesNotTouchWhatIsInItsWay() throws IOException {
        Path full = Files.createDirectory(folder.resolve("full"));
        Files.writeString(full.resolve("mine"), "kept");
        pruner("export", good, "--safetensors", full).fails(1, "full", "not empty");
        pruner("export", good, "--onnx", full).fails(1, "full", "folder");
        pruner("export", good, "--safetensors", good).fails(1, "good.filigree", "file");
        pruner("export", good, "--onnx", good.resolve("inside-a-file.onnx")).fails(1, "good.filigree");
        assertThat(full).isDirectoryContaining(path -> path.endsWith("mine")).isDirectoryNotContaining(path -> !path.endsWith("mine"));
    }

    @Test
    void troubleOfDiffIsTwo() {
        pruner("diff", good, "none.filigree").fails(2, "none.filigree");
        pruner("diff", folder, good).fails(2, folder.toString());
        pruner("diff", good).fails(2, "B");
    }

    @Test
    void denseFileToInspectMustBeOne() {
        pruner("inspect", good, "--dense", "none.filigree").fails(1, "none.filigree");
        pruner("inspect", good, "--dense", folder, "--json").fails(1, folder.toString());
    }

    @Test
    void takenPortFails() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            run(dev.filigree.server.Main.commandLine(), "serve", "--model", "m=" + good, "--port", taken.getLocalPort())
                    .fails(1, String.valueOf(taken.getLocalPort()));
        }
    }

    @Test
    void missingModelToServeFails() {
        run(dev.filigree.server.Main.commandLine(), "serve", "--model", "m=none.filigree", "--port", 0).fails(1, "none.filigree");
        run(dev.filigree.server.Main.commandLine(), "serve", "--port", 0).fails(2, "--model");
    }

    @Test
    void unknownPeerIsWrongUsage() {
        run(Main.commandLine(), "bench", good, "--against", "abacus").fails(2, "abacus", "ort-fp32");
    }
}
