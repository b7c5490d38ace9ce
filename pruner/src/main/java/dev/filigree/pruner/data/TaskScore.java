package dev.filigree.pruner.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * How well predictions fit.
 *
 * @param main the task's score: of GLUE's tasks as GLUE averages it, the mean of their metrics
 * @param values metrics by name, such as {@code accuracy} or {@code accuracy_matched}, as fractions of one (correlations from -1 to 1)
 */
public record TaskScore(double main, SequencedMap<String, Double> values) {
    /** Copies the map, keeping its order. */
    public TaskScore {
        values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
    }

    /**
     * The score over all evaluation files of a task: MNLI's is the mean of matched and mismatched.
     *
     * @throws IllegalArgumentException when there are no scores
     */
    public static TaskScore mean(List<TaskScore> scores) {
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        scores.forEach(score -> values.putAll(score.values));
        double main = scores.stream().mapToDouble(TaskScore::main).average()
                .orElseThrow(() -> new IllegalArgumentException("There are no scores to average."));
        return new TaskScore(main, values);
    }
}
