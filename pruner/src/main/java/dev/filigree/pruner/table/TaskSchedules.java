package dev.filigree.pruner.table;

import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.pipeline.Schedule;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How long and how fast each task trains when nobody says otherwise, and which task is cheap. */
public final class TaskSchedules {
    private static final int BATCH = 32;
    private static final double DENSE_RATE = 1e-4;

    /** Small tasks take more passes. The order is that of their cost, cheapest first. */
    private static final List<Row> ROWS = List.of(
            new Row(GlueTask.WNLI, 3, 3),
            new Row(GlueTask.RTE, 8, 8),
            new Row(GlueTask.MRPC, 5, 6),
            new Row(GlueTask.COLA, 6, 6),
            new Row(GlueTask.STSB, 5, 6),
            new Row(GlueTask.QNLI, 3, 4),
            new Row(GlueTask.SST2, 2, 1.5),
            new Row(GlueTask.QQP, 2, 1.5),
            new Row(GlueTask.MNLI, 2, 1.5));

    private TaskSchedules() {}

    private record Row(GlueTask task, double denseEpochs, double pruneEpochs) {}

    /**
     * Settings that take the place of the defaults, for all tasks of a table.
     *
     * @param denseEpochs passes of the dense fine-tuning
     * @param pruneEpochs passes while pruning
     * @param batchSize examples in a step
     * @param denseRate highest learning rate of the dense fine-tuning
     * @param pruneRate highest learning rate while pruning
     */
    public record Overrides(
            Optional<Double> denseEpochs,
            Optional<Double> pruneEpochs,
            Optional<Integer> batchSize,
            Optional<Double> denseRate,
            Optional<Double> pruneRate) {
        /** The defaults as they are. */
        public static final Overrides NONE =
                new Overrides(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** The defaults of a task with the overrides put in. */
    public static Schedule of(GlueTask task, Overrides overrides) {
        Row row = ROWS.get(cost(task));
        return new Schedule(
                overrides.denseEpochs().orElse(row.denseEpochs()),
                overrides.pruneEpochs().orElse(row.pruneEpochs()),
                overrides.batchSize().orElse(BATCH),
                overrides.denseRate().orElse(DENSE_RATE),
                overrides.pruneRate().orElse(Schedule.PRUNE_RATE));
    }

    /** Every task whose score says something of a model: all but WNLI, whose evaluation texts repeat training texts with other labels. */
    public static List<GlueTask> usual() {
        return ROWS.stream().map(Row::task).filter(task -> task != GlueTask.WNLI).toList();
    }

    /** The same tasks, once each, those first that soon show something. */
    static List<GlueTask> cheapestFirst(List<GlueTask> tasks) {
        return tasks.stream().distinct().sorted(Comparator.comparing(TaskSchedules::cost)).toList();
    }

    private static int cost(GlueTask task) {
        return ROWS.stream().map(Row::task).toList().indexOf(task);
    }
}
