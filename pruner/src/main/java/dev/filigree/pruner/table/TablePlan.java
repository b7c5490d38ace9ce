package dev.filigree.pruner.table;

import dev.filigree.pruner.budget.BudgetRequest;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.pipeline.PrunePipeline;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.Schedule;
import dev.filigree.pruner.pipeline.SparsityPlan;
import dev.filigree.pruner.pipeline.StoredTypes;
import dev.filigree.pruner.pipeline.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a table shows and how its runs are set.
 *
 * @param base what all runs start from
 * @param data where the examples of all tasks are
 * @param patterns to prune to; each task and seed has its dense run, whether dense is among them or not
 * @param budgets for which to choose the sparsity of each linear, each a row of its own
 * @param tasks the columns
 * @param seeds one run of everything for each
 * @param method the chain of pruning methods
 * @param overrides what takes the place of the tasks' own schedules
 * @param options what in training is not as usual; of the dense runs those that matter to them
 * @param calibrationTexts training texts that the second-order start looks at
 * @param maxTokens longest sequence, in tokens
 * @param types of the packed weights
 * @param threads threads of training and evaluation
 * @param work folder for models
 */
public record TablePlan(
        TableBase base,
        GlueData data,
        List<SparsityPlan> patterns,
        List<BudgetRequest> budgets,
        List<GlueTask> tasks,
        List<Long> seeds,
        MethodChain method,
        TaskSchedules.Overrides overrides,
        TrainingOptions options,
        int calibrationTexts,
        int maxTokens,
        StoredTypes types,
        int threads,
        Path work) {
    /** What the training of a dense model depends on. */
    private static final Set<String> DENSE_TRAINING =
            Set.of("dense-epochs", "batch-size", "dense-rate", "max-tokens", "patience", "held-out", "precision");
    /** How it is packed. */
    private static final Set<String> TYPES = Set.of("dtype", "word-dtype");
    /** What makes no difference, or stands elsewhere in a result. */
    private static final Set<String> NO_SETTINGS = Set.of("sparsity", "seed", "threads");

    /** Copies the lists, each without repetition, and the tasks cheapest first. */
    public TablePlan {
        patterns = patterns.stream().distinct().toList();
        budgets = budgets.stream().distinct().toList();
        tasks = TaskSchedules.cheapestFirst(tasks);
        seeds = seeds.stream().distinct().toList();
        if (patterns.isEmpty() && budgets.isEmpty() || tasks.isEmpty() || seeds.isEmpty()) {
            throw new IllegalArgumentException("A table needs a pattern, a task and a seed at least.");
        }
        options.requireFits(types);
    }

    /**
     * Checks what the runs share, so that a value out of range does not fail each of them in turn.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    public void requireInRange() {
        runs().forEach(run -> settings(run, base.base(), TaskSchedules.of(run.task(), overrides).with(run.options())));
    }

    /** What results and models of the base are called after. */
    public String baseName() {
        return base.name();
    }

    /** The runs of a task and a seed: the dense one, then the pruned ones. */
    List<TableRun> runs(GlueTask task, long seed) {
        Stream<SparsityPlan> pruned = patterns.stream().filter(pattern -> !pattern.isDense());
        return Stream.concat(
                        Stream.concat(Stream.of(SparsityPlan.DENSE), pruned)
                                .map(pattern -> new TableRun(task, pattern, Optional.empty(), method, options, seed)),
                        budgets.stream()
                                .map(budget -> new TableRun(task, SparsityPlan.DENSE, Optional.of(budget), method, options, seed)))
                .toList();
    }

    /** All runs, a task after the other and in it a seed after the other, so that a table of few tasks or seeds is soon there. */
    List<TableRun> runs() {
        List<TableRun> runs = new ArrayList<>();
        tasks.forEach(task -> seeds.forEach(seed -> runs.addAll(runs(task, seed))));
        return runs;
    }

    /** The dense model, in fp32, that pruned runs start from. */
    Path denseFile(TableRun run) {
        return work.resolve(baseName()).resolve(run.dense().stem() + "-fp32.filigree");
    }

    /** The packed file of a run. */
    Path packedFile(TableRun run) {
        return work.resolve(baseName()).resolve(run.stem() + ".filigree");
    }

    /** Settings of a run from the base to its end, by name: two runs with the same ones have the same result. */
    SequencedMap<String, String> described(TableRun run) throws IOException {
        SequencedMap<String, String> described = new LinkedHashMap<>(settings(run, base.base(), schedule(run)).asText());
        described.keySet().removeAll(NO_SETTINGS);
        if (run.isDense()) {
            described.keySet().removeIf(name -> !DENSE_TRAINING.contains(name) && !TYPES.contains(name));
        }
        return described;
    }

    /** Whether a dense model in fp32 that was made with settings of these names is the one that a run asks for. */
    boolean isOf(TableRun dense, Map<String, String> made) throws IOException {
        return trainingOf(made).equals(trainingOf(described(dense)));
    }

    private static Map<String, String> trainingOf(Map<String, String> settings) {
        Map<String, String> training = new HashMap<>(settings);
        training.keySet().retainAll(DENSE_TRAINING);
        return training;
    }

    /** Settings of a run as it is executed: a pruned one starts from the dense model. */
    PruneSettings executed(TableRun run) throws IOException {
        Schedule whole = schedule(run);
        return run.isDense() ? settings(run, base.base(), whole) : settings(run, denseFile(run).toString(), whole.withoutDense());
    }

    private Schedule schedule(TableRun run) throws IOException {
        Schedule usual = TaskSchedules.of(run.task(), overrides).with(run.options());
        boolean fineTuned = PrunePipeline.isFineTuned(base.base(), run.task().toTask());
        return fineTuned && overrides.denseEpochs().isEmpty() ? usual.withoutDense() : usual;
    }

    private PruneSettings settings(TableRun run, String from, Schedule schedule) {
        Optional<Path> saveDense = run.isDense() ? Optional.of(denseFile(run)) : Optional.empty();
        return new PruneSettings(from, new GlueTaskData(run.task(), data), run.sparsity(), run.budget(), run.method(), schedule,
                calibrationTexts, maxTokens, types, run.seed(), threads, saveDense, packedFile(run));
    }
}
