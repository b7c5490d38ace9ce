package dev.filigree.pruner.table;

import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelFormatException;
import dev.filigree.format.Provenance;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.pipeline.PruneOutcome;
import dev.filigree.pruner.pipeline.PruneSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Fills a table: runs what has no result yet. A run that fails leaves no result and does not stop the others; a killed one is run again
 * the next time. One table at a time in a process.
 */
public final class GlueTable {
    private final TablePlan plan;
    private final ResultFolder results;
    private final Pruner pruner;
    private final Supplier<SequencedMap<String, String>> versions;
    private final Clock clock;
    private final TableListener listener;
    private final Map<GlueTask, Task> tasks = new EnumMap<>(GlueTask.class);

    /** Runs the pipeline. */
    @FunctionalInterface
    public interface Pruner {
        /** Does one run, and leaves its files where the settings say. */
        PruneOutcome run(PruneSettings settings) throws IOException, InterruptedException;
    }

    /** What is known of a task's files: their rows, or why they cannot be read. */
    private sealed interface Task {
        record Readable(SequencedMap<String, RunResult.Rows> files) implements Task {}

        record Unreadable(IOException cause) implements Task {}
    }

    /**
     * Prepares a table.
     *
     * @param plan what it shows
     * @param results where results are looked for and go
     * @param pruner does the work
     * @param versions of what computes, asked when there is something to compute
     * @param clock dates results
     * @param listener is told
     */
    public GlueTable(TablePlan plan, ResultFolder results, Pruner pruner, Supplier<SequencedMap<String, String>> versions, Clock clock,
            TableListener listener) {
        this.plan = plan;
        this.results = results;
        this.pruner = pruner;
        this.versions = versions;
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * Runs what is missing.
     *
     * @param again whether runs whose results are of other settings or data are done again
     * @return how many runs failed
     * @throws IllegalStateException when there is a result of other settings or data and it is not to be done again; nothing is run then
     * @throws IOException when a result cannot be read or written
     * @throws InterruptedException when the thread was interrupted; finished runs have their results
     */
    public int fill(boolean again) throws IOException, InterruptedException {
        for (GlueTask task : plan.tasks()) {
            tasks.put(task, look(task));
            requireNoInterrupt();
        }
        List<TableRun> runs = plan.runs();
        for (TableRun run : runs) {
            List<String> differences = differences(run);
            if (!differences.isEmpty() && !again) {
                throw new IllegalStateException(results.file(plan.baseName(), run) + " is of a run with other settings ("
                        + String.join(", ", differences) + "): add --again to replace it, or name another folder with --results.");
            }
        }
        int failed = 0;
        int number = 0;
        for (GlueTask task : plan.tasks()) {
            for (long seed : plan.seeds()) {
                List<TableRun> group = plan.runs(task, seed);
                failed += fill(group, number, runs.size());
                number += group.size();
            }
        }
        return failed;
    }

    /** A dense run and the pruned ones that start from it. */
    private int fill(List<TableRun> group, int before, int count) throws IOException, InterruptedException {
        TableRun dense = group.getFirst();
        boolean prunes = false;
        for (TableRun run : group) {
            prunes |= !run.isDense() && !isDone(run);
        }
        int failed = 0;
        for (int i = 0; i < group.size(); i++) {
            TableRun run = group.get(i);
            boolean done = isDone(run) && !(run.isDense() && prunes && !hasDenseFile(run));
            if (done) {
                listener.skipped(run);
            } else if (!run.isDense() && failed > 0 && !hasDenseFile(dense)) {
                listener.failed(run, new IllegalStateException("It has no dense model to start from."));
                failed++;
            } else {
                listener.started(run, before + i + 1, count);
                failed += execute(run) ? 0 : 1;
            }
        }
        return failed;
    }

    private boolean execute(TableRun run) throws IOException, InterruptedException {
        RunResult result;
        try {
            if (tasks.get(run.task()) instanceof Task.Unreadable(IOException cause)) {
                throw cause;
            }
            result = result(run, pruner.run(plan.executed(run)));
        } catch (IOException | RuntimeException e) {
            requireNoInterrupt();
            listener.failed(run, e);
            return false;
        }
        results.write(result, run);
        listener.finished(run, result);
        return true;
    }

    /** An interrupt may come out of a channel as an exception of its own, which is no fault of the run's. */
    private static void requireNoInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("The table was stopped.");
        }
    }

    private RunResult result(TableRun run, PruneOutcome outcome) throws IOException {
        SequencedMap<String, Double> seconds = new LinkedHashMap<>();
        outcome.seconds().forEach((phase, time) -> seconds.put(phase, Math.round(time * 10) / 10.0));
        RunResult.Scores scores = new RunResult.Scores(
                RunResult.metric(run.task(), outcome.dense()),
                RunResult.Score.of(run.task(), outcome.dense()),
                RunResult.Score.of(run.task(), outcome.pruned()),
                RunResult.Score.of(run.task(), outcome.packed()));
        return new RunResult(plan.baseName(), run.task().id(), run.pattern(), outcome.plan().toString(), run.methodName(), run.seed(),
                plan.described(run), files(run), scores, RunResult.rounded(outcome.keptEnergy()),
                RunResult.rounded(outcome.logitDifference()), outcome.denseBytes(), outcome.packedBytes(), seconds, plan.threads(),
                versions.get(),
                Instant.now(clock).truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Whether there is a result of the same settings and data. */
    private boolean isDone(TableRun run) throws IOException {
        return results.find(plan.baseName(), run).isPresent() && differences(run).isEmpty();
    }

    /** In what the result of a run differs from what is asked for; nothing when there is none. */
    private List<String> differences(TableRun run) throws IOException {
        Optional<RunResult> found = results.find(plan.baseName(), run);
        List<String> differences = new ArrayList<>();
        if (found.isPresent()) {
            compare(differences, "method", found.get().method(), run.methodName());
            SequencedMap<String, String> described = plan.described(run);
            Stream.concat(described.keySet().stream(), found.get().settings().keySet().stream()).distinct()
                    .forEach(name -> compare(differences, name, found.get().settings().get(name), described.get(name)));
            if (tasks.get(run.task()) instanceof Task.Readable(var files)) {
                files.forEach((name, rows) -> {
                    RunResult.Rows recorded = found.get().files().get(name);
                    if (recorded == null || !recorded.sha256().equals(rows.sha256())) {
                        differences.add(name + " is another file");
                    }
                });
            }
        }
        return differences;
    }

    private static void compare(List<String> differences, String name, String there, String here) {
        if (!Objects.equals(there, here)) {
            differences.add(name + " " + (there == null ? "not set" : there) + " there, " + (here == null ? "not set" : here) + " here");
        }
    }

    /** Whether the work folder has the dense model that the plan asks for: a result alone cannot be pruned. */
    private boolean hasDenseFile(TableRun dense) throws IOException {
        Path file = plan.denseFile(dense);
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (ModelFile opened = ModelFile.open(file)) {
            Provenance provenance = opened.model().provenance();
            boolean sameFiles = !(tasks.get(dense.task()) instanceof Task.Readable(var files))
                    || files.entrySet().stream()
                            .allMatch(entry -> entry.getValue().sha256().equals(provenance.dataDigests().get(entry.getKey())));
            return sameFiles && plan.isOf(dense, provenance.settings());
        } catch (ModelFormatException e) {
            return false;
        }
    }

    private SequencedMap<String, RunResult.Rows> files(TableRun run) throws IOException {
        return switch (tasks.get(run.task())) {
            case Task.Readable(var files) -> files;
            case Task.Unreadable(IOException cause) -> throw cause;
        };
    }

    private Task look(GlueTask task) {
        SequencedMap<String, RunResult.Rows> files = new LinkedHashMap<>();
        try {
            for (GlueSplit split : Stream.concat(Stream.of(GlueSplit.TRAIN), task.devSplits().stream()).toList()) {
                ExampleFile file = plan.data().read(task, split);
                files.put(file.name(), new RunResult.Rows(file.examples().size(), file.published(), file.isPart(), file.sha256()));
            }
            return new Task.Readable(files);
        } catch (IOException e) {
            return new Task.Unreadable(e);
        }
    }
}
