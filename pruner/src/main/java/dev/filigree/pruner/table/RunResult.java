package dev.filigree.pruner.table;

import dev.filigree.pruner.data.TaskScore;
import dev.filigree.pruner.glue.GlueTask;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * What a finished run leaves behind: one JSON file, from which tables are made.
 *
 * @param base name of the base model
 * @param task id of the task
 * @param pattern {@code N:M@V}, with rules for single linears if there are any, {@code dense}, or a budget
 * @param plan the sparsity of each linear: as the pattern says, or as made for the budget
 * @param method chain of pruning methods, {@code dense} for a dense run
 * @param seed of everything random
 * @param settings all other settings that shaped the result, as the packed file records them; of a dense run those that matter to it
 * @param files the data, by name in GLUE's layout
 * @param scores before and after
 * @param keptEnergy share of the dense weights' squares that the patterns keep, the mean over the linears, 0 to 1
 * @param logitGap largest difference between a logit of the runtime and of the trainer, both with the packed weights
 * @param denseBytes bytes of the weights in fp32, unpruned
 * @param packedBytes bytes of the packed file
 * @param seconds wall time of each phase, in order
 * @param threads threads of training and evaluation
 * @param versions of what computed it, by name
 * @param date when it ended, ISO 8601 in UTC
 */
public record RunResult(
        String base,
        String task,
        String pattern,
        String plan,
        String method,
        long seed,
        SequencedMap<String, String> settings,
        SequencedMap<String, Rows> files,
        Scores scores,
        double keptEnergy,
        double logitGap,
        long denseBytes,
        long packedBytes,
        SequencedMap<String, Double> seconds,
        int threads,
        SequencedMap<String, String> versions,
        String date) {
    private static final double PRECISION = 1e6;
    private static final String MATCHED = "accuracy_matched";

    /**
     * A file of examples.
     *
     * @param rows read from it
     * @param official rows of GLUE's own file
     * @param subset whether it is but a part of that
     * @param sha256 of the file's bytes, in hex
     */
    public record Rows(int rows, int official, boolean subset, String sha256) {}

    /**
     * Scores of the same model on its way.
     *
     * @param metric what the main score is
     * @param dense the dense model in fp32, by the trainer
     * @param pruned the pruned model in fp32, by the trainer
     * @param packed the packed file, by the runtime
     */
    public record Scores(String metric, Score dense, Score pruned, Score packed) {}

    /**
     * A score as fractions of one.
     *
     * @param main what GLUE averages for the task; for MNLI the accuracy on the matched file
     * @param metrics all metrics by name
     */
    public record Score(double main, SequencedMap<String, Double> metrics) {
        /** Of MNLI's two files the matched one counts. */
        static Score of(GlueTask task, TaskScore score) {
            SequencedMap<String, Double> metrics = new LinkedHashMap<>();
            score.values().forEach((name, value) -> metrics.put(name, rounded(value)));
            return new Score(rounded(task == GlueTask.MNLI ? score.values().get(MATCHED) : score.main()), metrics);
        }
    }

    /** What the main score of a task is, in words. */
    static String metric(GlueTask task, TaskScore score) {
        return task == GlueTask.MNLI ? MATCHED
                : score.values().size() == 1 ? score.values().firstEntry().getKey()
                : score.values().keySet().stream().collect(Collectors.joining(" and ", "mean of ", ""));
    }

    /** Six digits: more than any evaluation file can tell apart. */
    static double rounded(double value) {
        return Math.round(value * PRECISION) / PRECISION;
    }

    /** Wall time of all phases. */
    public double totalSeconds() {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }
}
