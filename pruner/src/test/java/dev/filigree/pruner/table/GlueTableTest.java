package dev.filigree.pruner.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.DType;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.budget.Budget;
import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.pruner.pipeline.TrainingOptions;
import dev.filigree.pruner.train.DistillationWeights;
import dev.filigree.pruner.train.EarlyStopping;
import dev.filigree.pruner.train.Precision;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which runs a table does, skips, refuses and does again, on the bundled sample's two tasks. */
class GlueTableTest {
    private static final TableBase MINI_LM = new TableBase("all-MiniLM-L6-v2", "all-MiniLM-L6-v2");
    private static final SparsityPlan BLOCKS = SparsityPlan.parse("2:4@16");

    private final FakePruner pruner = new FakePruner();
    private final List<String> events = new ArrayList<>();

    @TempDir
    Path folder;

    @Test
    void everyTaskSeedAndPatternIsRunOnceWithTheDenseModelFirst() throws Exception {
        assertThat(fill(plan(List.of(1L, 2L), 1, MethodChain.DEFAULT), false)).isZero();
        assertThat(pruner.calls()).containsExactly("rte dense seed 1", "rte 2:4@16 seed 1", "rte dense seed 2", "rte 2:4@16 seed 2",
                "sst2 dense seed 1", "sst2 2:4@16 seed 1", "sst2 dense seed 2", "sst2 2:4@16 seed 2");
        assertThat(resultNames()).containsExactly("rte-2-4-16-seed1.json", "rte-2-4-16-seed2.json", "rte-dense-seed1.json",
                "rte-dense-seed2.json", "sst2-2-4-16-seed1.json", "sst2-2-4-16-seed2.json", "sst2-dense-seed1.json",
                "sst2-dense-seed2.json");
    }

    @Test
    void aResultHoldsWhatTheRunCameToAndWhatItRestsOn() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        RunResult result = results().all().getFirst();
        assertThat(result.base()).isEqualTo("all-MiniLM-L6-v2");
        assertThat(result.pattern()).isEqualTo("2:4@16");
        assertThat(result.method()).isEqualTo(MethodChain.DEFAULT);
        assertThat(result.settings()).containsEntry("dense-epochs", "8.0").containsEntry("prune-epochs", "1.0")
                .containsEntry("calibration-texts", "64").doesNotContainKeys("threads", "seed", "sparsity");
        assertThat(result.files()).containsOnlyKeys("RTE/train.tsv", "RTE/dev.tsv");
        RunResult.Rows train = result.files().get("RTE/train.tsv");
        assertThat(train.rows()).isEqualTo(GlueData.sample().read(GlueTask.RTE, GlueSplit.TRAIN).examples().size());
        assertThat(train.official()).isEqualTo(2490);
        assertThat(train.subset()).isTrue();
        assertThat(result.scores().metric()).isEqualTo("accuracy");
        assertThat(result.scores().dense().main()).isEqualTo(0.71);
        assertThat(result.scores().packed().metrics()).containsEntry("accuracy", 0.69);
        assertThat(result.seconds()).containsEntry("fine-tune", 61.3);
        assertThat(result.versions()).containsEntry("PyTorch", "none");
        assertThat(result.date()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(Files.size(results().file("all-MiniLM-L6-v2", run(GlueTask.RTE, BLOCKS)))).isLessThan(4096);
    }

    @Test
    void whatHasAResultIsSkippedAndOnlyTheRestIsRun() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        Files.delete(results().file("all-MiniLM-L6-v2", run(GlueTask.SST2, BLOCKS)));
        pruner.calls().clear();
        events.clear();
        assertThat(fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false)).isZero();
        assertThat(pruner.calls()).containsExactly("sst2 2:4@16 seed 1");
        assertThat(events).containsExactly("skipped rte dense seed 1", "skipped rte 2:4@16 obs,admm,sr-ste seed 1",
                "skipped sst2 dense seed 1", "started 4 of 4", "finished sst2 2:4@16 obs,admm,sr-ste seed 1");
    }

    @Test
    void aDenseModelThatIsGoneIsTrainedAgainWhenSomethingIsToBePruned() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        Files.delete(results().file("all-MiniLM-L6-v2", run(GlueTask.RTE, BLOCKS)));
        try (Stream<Path> models = Files.walk(folder.resolve("work"))) {
            for (Path model : models.filter(Files::isRegularFile).toList()) {
                Files.delete(model);
            }
        }
        pruner.calls().clear();
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        assertThat(pruner.calls()).containsExactly("rte dense seed 1", "rte 2:4@16 seed 1");
    }

    @Test
    void otherSettingsAreRefusedWithASentenceBeforeAnythingRuns() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        pruner.calls().clear();
        assertThatThrownBy(() -> fill(plan(List.of(2L, 1L), 3, MethodChain.DEFAULT), false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("rte-2-4-16-seed1.json")
                .hasMessageContaining("prune-epochs 1.0 there, 3.0 here")
                .hasMessageContaining("--again");
        assertThat(pruner.calls()).isEmpty();
    }

    @Test
    void againReplacesWhatDiffersAndLeavesTheRest() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        pruner.calls().clear();
        assertThat(fill(plan(List.of(1L), 3, MethodChain.DEFAULT), true)).isZero();
        assertThat(pruner.calls()).containsExactly("rte 2:4@16 seed 1", "sst2 2:4@16 seed 1");
        assertThat(results().all()).filteredOn(result -> result.pattern().equals("2:4@16"))
                .allMatch(result -> result.settings().get("prune-epochs").equals("3.0"));
    }

    @Test
    void otherDataIsRefused() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        Path other = folder.resolve("glue/RTE");
        Files.createDirectories(other);
        for (String file : List.of("train.tsv", "dev.tsv")) {
            Files.writeString(other.resolve(file), "index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tIt is wet.\tentailment\n");
        }
        TablePlan plan = new TablePlan(MINI_LM, GlueData.directory(folder.resolve("glue")), List.of(BLOCKS),
                List.of(), List.of(GlueTask.RTE), List.of(1L), MethodChain.parse(MethodChain.DEFAULT), overrides(1),
                TrainingOptions.DEFAULT, 64, 128, StoredTypes.of(DType.INT8), 1, folder.resolve("work"));
        assertThatThrownBy(() -> fill(plan, false)).hasMessageContaining("RTE/train.tsv is another file");
    }

    @Test
    void anotherMethodLiesBesideTheDefaultOneAndSharesTheDenseModel() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        pruner.calls().clear();
        fill(plan(List.of(1L), 1, "magnitude,fixed-mask"), false);
        assertThat(pruner.calls()).containsExactly("rte 2:4@16 seed 1", "sst2 2:4@16 seed 1");
        assertThat(resultNames()).contains("rte-2-4-16-seed1.json", "rte-2-4-16-magnitude-fixed-mask-seed1.json");
    }

    @Test
    void whatIsImitatedAndSeenAsStoredLiesBesideTheUsualAndSharesTheDenseModel() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        pruner.calls().clear();
        events.clear();
        TablePlan other = plan(List.of(1L), 1, MethodChain.DEFAULT,
                new TrainingOptions(DistillationWeights.parse("labels,logits=0.5"), 0, 0.25, Optional.empty(), Precision.FP32), DType.INT8);
        assertThat(fill(other, false)).isZero();
        assertThat(pruner.calls()).containsExactly("rte 2:4@16 seed 1", "sst2 2:4@16 seed 1");
        assertThat(events)
                .contains("finished rte 2:4@16 obs,admm,sr-ste --distill labels,logits=0.5 --augment 0 --quantize-aware 0.25 seed 1");
        assertThat(result("rte-2-4-16-distill-labels-logits-0.5-augment-0-quantize-aware-0.25-seed1").settings())
                .containsEntry("distill", "labels,logits=0.5").containsEntry("quantize-aware", "0.25");
        assertThat(result("rte-2-4-16-seed1").settings()).doesNotContainKeys("distill", "quantize-aware", "patience");
        assertThat(fill(other, false)).isZero();
        assertThat(pruner.calls()).hasSize(2);
    }

    @Test
    void withoutTrainingNoWordsAreReplaced() throws Exception {
        TrainingOptions none = new TrainingOptions(DistillationWeights.DEFAULT, 0, 0, Optional.empty(), Precision.FP32);
        fill(plan(List.of(1L), 1, "obs", none, DType.INT8), false);
        assertThat(resultNames()).contains("rte-2-4-16-obs-seed1.json");
        assertThat(result("rte-2-4-16-obs-seed1").settings()).doesNotContainKey("augment");
        pruner.calls().clear();
        fill(plan(List.of(1L), 1, "obs"), false);
        assertThat(pruner.calls()).isEmpty();
        fill(plan(List.of(1L), 1, "magnitude,fixed-mask", none, DType.INT8), false);
        assertThat(resultNames()).contains("rte-2-4-16-magnitude-fixed-mask-augment-0-seed1.json");
    }

    @Test
    void patienceAlsoShapesTheDenseModelWhichIsAnother() throws Exception {
        fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false);
        pruner.calls().clear();
        TablePlan patient = plan(List.of(1L), 1, MethodChain.DEFAULT,
                new TrainingOptions(DistillationWeights.DEFAULT, 0.3, 0, Optional.of(new EarlyStopping(3, 0.05)), Precision.FP32),
                DType.INT8);
        assertThat(fill(patient, false)).isZero();
        assertThat(pruner.calls()).containsExactly(
                "rte dense seed 1", "rte 2:4@16 seed 1", "sst2 dense seed 1", "sst2 2:4@16 seed 1");
        assertThat(result("rte-dense-patience-3-seed1").settings()).containsEntry("patience", "3").containsEntry("held-out", "0.05");
        assertThat(result("rte-2-4-16-patience-3-seed1").settings()).containsEntry("patience", "3");
        assertThat(folder.resolve("work/all-MiniLM-L6-v2")).isDirectoryContaining("glob:**/rte-dense-seed1-fp32.filigree")
                .isDirectoryContaining("glob:**/rte-dense-patience-3-seed1-fp32.filigree");
    }

    @Test
    void aDenseModelTrainedInAnotherPrecisionIsAnother() throws Exception {
        TablePlan usual = plan(List.of(1L), 1, MethodChain.DEFAULT);
        TablePlan half = plan(List.of(1L), 1, MethodChain.DEFAULT,
                new TrainingOptions(DistillationWeights.DEFAULT, 0.3, 0, Optional.empty(), Precision.BF16), DType.INT8);
        fill(usual, false);
        Path dense = folder.resolve("results/all-MiniLM-L6-v2/rte-dense-seed1.json");
        String denseInFp32 = Files.readString(dense);
        assertThatThrownBy(() -> fill(half, false)).hasMessageContaining("precision not set there, bf16 here");
        fill(half, true);
        assertThat(result("rte-2-4-16-seed1").settings()).containsEntry("precision", "bf16");
        Files.writeString(dense, denseInFp32);
        pruner.calls().clear();
        fill(usual, true);
        assertThat(pruner.calls()).startsWith("rte dense seed 1", "rte 2:4@16 seed 1");
    }

    @Test
    void whatIsNotRoundedCannotBeSeenRounded() {
        assertThatThrownBy(() -> plan(List.of(1L), 1, MethodChain.DEFAULT,
                new TrainingOptions(DistillationWeights.DEFAULT, 0.3, 0.5, Optional.empty(), Precision.FP32), DType.FP32))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("quantisation-aware");
        TablePlan untrained = plan(List.of(1L), 1, "obs",
                new TrainingOptions(DistillationWeights.DEFAULT, 0.3, 0.5, Optional.empty(), Precision.FP32), DType.INT8);
        assertThatThrownBy(untrained::requireInRange)
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("No step of obs trains");
    }

    @Test
    void aFailedRunLeavesNoResultAndDoesNotStopTheOthers() throws Exception {
        pruner.breakAt("rte 2:4@16 seed 1"::equals);
        assertThat(fill(plan(List.of(1L, 2L), 1, MethodChain.DEFAULT), false)).isEqualTo(1);
        assertThat(pruner.calls()).hasSize(8);
        assertThat(resultNames()).hasSize(7).doesNotContain("rte-2-4-16-seed1.json");
        assertThat(events).contains("failed rte 2:4@16 obs,admm,sr-ste seed 1: The machine is tired.");
    }

    @Test
    void withoutItsDenseModelNothingIsPruned() throws Exception {
        pruner.breakAt("rte dense seed 1"::equals);
        assertThat(fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false)).isEqualTo(2);
        assertThat(pruner.calls()).containsExactly("rte dense seed 1", "sst2 dense seed 1", "sst2 2:4@16 seed 1");
        assertThat(events).contains("failed rte 2:4@16 obs,admm,sr-ste seed 1: It has no dense model to start from.");
    }

    @Test
    void aTaskWithoutDataFailsAlone() throws Exception {
        TablePlan plan = new TablePlan(MINI_LM, GlueData.sample(), List.of(BLOCKS), List.of(),
                List.of(GlueTask.COLA, GlueTask.RTE), List.of(1L), MethodChain.parse(MethodChain.DEFAULT), overrides(1),
                TrainingOptions.DEFAULT, 64, 128, StoredTypes.of(DType.INT8), 1, folder.resolve("work"));
        assertThat(fill(plan, false)).isEqualTo(2);
        assertThat(events).anyMatch(event -> event.startsWith("failed cola dense seed 1: The bundled sample has no CoLA/train.tsv"));
        assertThat(resultNames()).containsExactly("rte-2-4-16-seed1.json", "rte-dense-seed1.json");
    }

    @Test
    void anInterruptEndsTheTableWithTheResultsThereAre() throws Exception {
        GlueTable table = new GlueTable(plan(List.of(1L), 1, MethodChain.DEFAULT), results(), settings -> {
            if (pruner.calls().size() == 1) {
                throw new InterruptedException("stop");
            }
            return pruner.run(settings);
        }, GlueTableTest::versions, clock(), new Events());
        assertThatThrownBy(() -> table.fill(false)).isInstanceOf(InterruptedException.class);
        assertThat(resultNames()).containsExactly("rte-dense-seed1.json");
    }

    /** A read that is interrupted fails with an exception of its own. */
    @Test
    void anInterruptWhileReadingEndsTheTableToo() throws Exception {
        GlueTable table = new GlueTable(plan(List.of(1L), 1, MethodChain.DEFAULT), results(), settings -> {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }, GlueTableTest::versions, clock(), new Events());
        assertThatThrownBy(() -> table.fill(false)).isInstanceOf(InterruptedException.class);
        assertThat(events).containsExactly("started 1 of 4");
    }

    @Test
    void aBudgetIsARowOfItsOwnThatSaysWhatWasChosen() throws Exception {
        BudgetRequest budget = new BudgetRequest(new Budget.Speed(1.25), List.of(Sparsity.parse("2:4@16")));
        TablePlan plan = new TablePlan(MINI_LM, GlueData.sample(), List.of(), List.of(budget), List.of(GlueTask.RTE),
                List.of(1L), MethodChain.parse(MethodChain.DEFAULT), overrides(1), TrainingOptions.DEFAULT, 64, 128,
                StoredTypes.of(DType.INT8), 1, folder.resolve("work"));
        assertThat(fill(plan, false)).isZero();
        assertThat(resultNames()).containsExactly("rte-dense-seed1.json", "rte-speed-1.25x-seed1.json");
        RunResult result = results().all().stream().filter(each -> !each.pattern().equals("dense")).findFirst().orElseThrow();
        assertThat(result.pattern()).isEqualTo("speed=1.25x");
        assertThat(result.plan()).isEqualTo("2:4@16");
        assertThat(result.settings()).containsEntry("budget", "speed=1.25x from 2:4@16");
        events.clear();
        assertThat(fill(plan, false)).isZero();
        assertThat(events).allMatch(event -> event.startsWith("skipped"));
    }

    @Test
    void twoFoldersOfOneNameHaveResultsAndModelsApart() throws Exception {
        List<String> names = new ArrayList<>();
        for (String content : List.of("one", "another")) {
            Path base = Files.createDirectories(folder.resolve(content).resolve("model"));
            Files.writeString(base.resolve("config.json"), TinyEncoder.CONFIG);
            Files.writeString(base.resolve("model.safetensors"), content);
            TableBase named = TableBase.of(base.toString());
            names.add(named.name());
            assertThat(fill(plan(named), false)).isZero();
            assertThat(folder.resolve("results").resolve(named.name())).isDirectoryContaining("glob:**/rte-2-4-16-seed1.json");
            assertThat(folder.resolve("work").resolve(named.name())).isDirectoryContaining("glob:**/rte-dense-seed1-fp32.filigree");
        }
        assertThat(names).allMatch(name -> name.matches("model-[0-9a-f]{8}")).doesNotHaveDuplicates();
        assertThat(pruner.calls()).hasSize(4);
        Path copy = Files.createDirectories(folder.resolve("copy/model"));
        Files.writeString(copy.resolve("config.json"), TinyEncoder.CONFIG);
        Files.writeString(copy.resolve("model.safetensors"), "one");
        Files.writeString(copy.resolve("README.md"), "Not read.");
        assertThat(TableBase.of(copy + "/.").name()).isEqualTo(names.getFirst());
    }

    @Test
    void baseModelsKeepTheirNames() throws IOException {
        assertThat(TableBase.of("all-MiniLM-L6-v2")).isEqualTo(MINI_LM);
        assertThat(TableBase.of("none/such").name()).isEqualTo("such");
    }

    @Test
    void namesOfFilesStayShortAndDiffer() {
        String many = "2:4@16,0.value=2:4@4,1.value=2:4@4,2.value=2:4@4,3.value=2:4@4,4.value=2:4@4";
        assertThat(run(GlueTask.RTE, SparsityPlan.parse("2:4@16,value=2:4@4")).stem()).isEqualTo("rte-2-4-16-value-2-4-4-seed1");
        assertThat(run(GlueTask.RTE, SparsityPlan.parse(many)).stem()).matches("rte-2-4-16-mixed-[0-9a-f]{8}-seed1")
                .isNotEqualTo(run(GlueTask.RTE, SparsityPlan.parse(many + ",5.value=2:4@4")).stem());
    }

    @Test
    void aFileThatIsNoResultIsNamed() throws IOException {
        Path stray = Files.createDirectories(folder.resolve("results/all-MiniLM-L6-v2")).resolve("rte-dense-seed1.json");
        Files.writeString(stray, "{\"base\": \"all-MiniLM-L6-v2\"}");
        assertThatThrownBy(() -> fill(plan(List.of(1L), 1, MethodChain.DEFAULT), false))
                .isInstanceOf(IOException.class).hasMessageContaining(stray + " is no result of glue-table");
    }

    private int fill(TablePlan plan, boolean again) throws IOException, InterruptedException {
        return new GlueTable(plan, results(), pruner, GlueTableTest::versions, clock(), new Events()).fill(again);
    }

    private TablePlan plan(TableBase base) {
        return new TablePlan(base, GlueData.sample(), List.of(BLOCKS), List.of(), List.of(GlueTask.RTE), List.of(1L),
                MethodChain.parse(MethodChain.DEFAULT), overrides(1), TrainingOptions.DEFAULT, 64, 128, StoredTypes.of(DType.INT8), 1,
                folder.resolve("work"));
    }

    private TablePlan plan(List<Long> seeds, double pruneEpochs, String method) {
        return plan(seeds, pruneEpochs, method, TrainingOptions.DEFAULT, DType.INT8);
    }

    private TablePlan plan(List<Long> seeds, double pruneEpochs, String method, TrainingOptions options, DType dtype) {
        return new TablePlan(MINI_LM, GlueData.sample(), List.of(SparsityPlan.DENSE, BLOCKS), List.of(),
                List.of(GlueTask.SST2, GlueTask.RTE), seeds, MethodChain.parse(method), overrides(pruneEpochs), options, 64, 128,
                StoredTypes.of(dtype), 1, folder.resolve("work"));
    }

    private static TaskSchedules.Overrides overrides(double pruneEpochs) {
        return new TaskSchedules.Overrides(
                Optional.empty(), Optional.of(pruneEpochs), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static TableRun run(GlueTask task, SparsityPlan sparsity) {
        return new TableRun(task, sparsity, Optional.empty(), MethodChain.parse(MethodChain.DEFAULT), TrainingOptions.DEFAULT, 1);
    }

    private ResultFolder results() {
        return new ResultFolder(folder.resolve("results"));
    }

    private RunResult result(String stem) throws IOException {
        return new ObjectMapper().readValue(folder.resolve("results/all-MiniLM-L6-v2/" + stem + ".json").toFile(), RunResult.class);
    }

    private List<String> resultNames() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("results/all-MiniLM-L6-v2"))) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static Clock clock() {
        return Clock.fixed(Instant.parse("2026-01-02T03:04:05.678Z"), ZoneOffset.UTC);
    }

    private static SequencedMap<String, String> versions() {
        SequencedMap<String, String> versions = new LinkedHashMap<>();
        versions.put("PyTorch", "none");
        return versions;
    }

    private final class Events implements TableListener {
        @Override
        public void skipped(TableRun run) {
            events.add("skipped " + run);
        }

        @Override
        public void started(TableRun run, int number, int count) {
            events.add("started " + number + " of " + count);
        }

        @Override
        public void finished(TableRun run, RunResult result) {
            events.add("finished " + run);
        }

        @Override
        public void failed(TableRun run, Exception cause) {
            events.add("failed " + run + ": " + cause.getMessage());
        }
    }
}
