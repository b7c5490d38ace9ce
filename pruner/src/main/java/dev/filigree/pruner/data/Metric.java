package dev.filigree.pruner.data;

/** How answers to examples are scored. Implementations are thread-safe. */
@FunctionalInterface
public interface Metric {
    /**
     * Scores answers.
     *
     * @param predicted label indices, or scores for a regression
     * @param expected the {@link Example#target}s
     * @throws IllegalArgumentException when the lengths differ or there are no examples
     */
    TaskScore score(float[] predicted, float[] expected);
}
