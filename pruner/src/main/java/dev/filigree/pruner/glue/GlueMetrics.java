package dev.filigree.pruner.glue;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The official metrics of GLUE (Wang et al. 2019, section 3). Where a quotient has no value (one class only, no positives, constant scores)
 * it is 0, as in scikit-learn.
 */
public final class GlueMetrics {
    private GlueMetrics() {}

    /**
     * Predictions from the outputs of a classifier: the index of the largest logit of each row (the first of equals), or for a regression
     * the output itself.
     *
     * @param logits row-major {@code [examples, labels]}
     * @throws IllegalArgumentException when the length is no multiple of the labels
     */
    public static float[] predictions(GlueTask task, float[] logits) {
        int labels = task.labels().size();
        if (logits.length % labels != 0) {
            throw new IllegalArgumentException(logits.length + " logits are no whole number of rows of " + labels + ".");
        }
        float[] predictions = new float[logits.length / labels];
        for (int i = 0; i < predictions.length; i++) {
            int best = i * labels;
            for (int j = best + 1; j < (i + 1) * labels; j++) {
                best = logits[j] > logits[best] ? j : best;
            }
            predictions[i] = task.regression() ? logits[i] : best - i * labels;
        }
        return predictions;
    }

    /**
     * Scores the predictions for one file. CoLA: Matthews correlation. MRPC, QQP: accuracy and F1 of label 1. STS-B: Pearson and Spearman
     * correlation. The others: accuracy.
     *
     * @param predicted label indices, or scores for a regression
     * @param expected the {@link Example#target}s
     * @throws IllegalArgumentException when the lengths differ or there are no examples
     */
    public static TaskScore score(GlueTask task, GlueSplit split, float[] predicted, float[] expected) {
        if (predicted.length != expected.length || predicted.length == 0) {
            throw new IllegalArgumentException(predicted.length + " predictions do not fit " + expected.length + " examples.");
        }
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        switch (task) {
            case COLA -> values.put("matthews", matthews(predicted, expected));
            case STSB -> {
                values.put("pearson", pearson(doubles(predicted), doubles(expected)));
                values.put("spearman", pearson(ranks(predicted), ranks(expected)));
            }
            case MRPC, QQP -> {
                values.put("accuracy", accuracy(predicted, expected));
                values.put("f1", f1(predicted, expected));
            }
            case MNLI -> {
                String name = split == GlueSplit.DEV_MISMATCHED ? "accuracy_mismatched" : "accuracy_matched";
                values.put(name, accuracy(predicted, expected));
            }
            case SST2, QNLI, RTE, WNLI -> values.put("accuracy", accuracy(predicted, expected));
        }
        return new TaskScore(values.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow(), values);
    }

    private static double accuracy(float[] predicted, float[] expected) {
        return IntStream.range(0, predicted.length).filter(i -> predicted[i] == expected[i]).count() / (double) predicted.length;
    }

    private static long count(float[] predicted, float[] expected, int p, int e) {
        return IntStream.range(0, predicted.length).filter(i -> predicted[i] == p && expected[i] == e).count();
    }

    private static double f1(float[] predicted, float[] expected) {
        long hits = count(predicted, expected, 1, 1);
        return quotient(2.0 * hits, 2.0 * hits + count(predicted, expected, 1, 0) + count(predicted, expected, 0, 1));
    }

    /** Matthews 1975. */
    private static double matthews(float[] predicted, float[] expected) {
        double tp = count(predicted, expected, 1, 1);
        double tn = count(predicted, expected, 0, 0);
        double fp = count(predicted, expected, 1, 0);
        double fn = count(predicted, expected, 0, 1);
        return quotient(tp * tn - fp * fn, Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)));
    }

    private static double pearson(double[] x, double[] y) {
        double meanX = IntStream.range(0, x.length).mapToDouble(i -> x[i]).average().orElseThrow();
        double meanY = IntStream.range(0, y.length).mapToDouble(i -> y[i]).average().orElseThrow();
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            double dx = x[i] - meanX;
            double dy = y[i] - meanY;
            xy += dx * dy;
            xx += dx * dx;
            yy += dy * dy;
        }
        return quotient(xy, Math.sqrt(xx * yy));
    }

    /** Ranks from 1; equal values share the mean of their ranks. */
    private static double[] ranks(float[] values) {
        int[] order = IntStream.range(0, values.length)
                .boxed()
                .sorted((a, b) -> Float.compare(values[a], values[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] ranks = new double[values.length];
        for (int start = 0; start < order.length; ) {
            int end = start + 1;
            while (end < order.length && values[order[end]] == values[order[start]]) {
                end++;
            }
            for (int i = start; i < end; i++) {
                ranks[order[i]] = (start + 1 + end) / 2.0;
            }
            start = end;
        }
        return ranks;
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double quotient(double numerator, double denominator) {
        return denominator == 0 ? 0 : numerator / denominator;
    }
}
