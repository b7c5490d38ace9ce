package dev.filigree.pruner.glue;

import dev.filigree.pruner.data.Metrics;
import dev.filigree.pruner.data.TaskScore;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** The official metrics of GLUE (Wang et al. 2019, section 3). */
public final class GlueMetrics {
    private GlueMetrics() {}

    /**
     * Scores the predictions for one file. CoLA: Matthews correlation. MRPC, QQP: accuracy and F1 of label 1. STS-B: Pearson and Spearman
     * correlation. The others: accuracy.
     *
     * @param predicted label indices, or scores for a regression
     * @param expected the {@link dev.filigree.pruner.data.Example#target}s
     * @throws IllegalArgumentException when the lengths differ or there are no examples
     */
    public static TaskScore score(GlueTask task, GlueSplit split, float[] predicted, float[] expected) {
        Metrics.requireFits(predicted, expected);
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        switch (task) {
            case COLA -> values.put("matthews", Metrics.matthews(predicted, expected));
            case STSB -> {
                values.put("pearson", Metrics.pearson(predicted, expected));
                values.put("spearman", Metrics.spearman(predicted, expected));
            }
            case MRPC, QQP -> {
                values.put("accuracy", Metrics.accuracy(predicted, expected));
                values.put("f1", Metrics.f1(predicted, expected));
            }
            case MNLI -> {
                String name = split == GlueSplit.DEV_MISMATCHED ? "accuracy_mismatched" : "accuracy_matched";
                values.put(name, Metrics.accuracy(predicted, expected));
            }
            case SST2, QNLI, RTE, WNLI -> values.put("accuracy", Metrics.accuracy(predicted, expected));
        }
        return new TaskScore(values.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow(), values);
    }
}
