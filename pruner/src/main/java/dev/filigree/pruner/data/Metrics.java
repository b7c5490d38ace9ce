package dev.filigree.pruner.data;

import java.util.stream.IntStream;

/**
 * Measures of how predictions fit. Where a quotient has no value (one class only, no positives, constant scores) it is 0, as in
 * scikit-learn.
 */
public final class Metrics {
    private Metrics() {}

    /**
     * Checks that there is a prediction for each example, and one at least.
     *
     * @throws IllegalArgumentException when the lengths differ or there are no examples
     */
    public static void requireFits(float[] predicted, float[] expected) {
        if (predicted.length != expected.length || predicted.length == 0) {
            throw new IllegalArgumentException(predicted.length + " predictions do not fit " + expected.length + " examples.");
        }
    }

    /** Share of label indices that are right. */
    public static double accuracy(float[] predicted, float[] expected) {
        return IntStream.range(0, predicted.length).filter(i -> predicted[i] == expected[i]).count() / (double) predicted.length;
    }

    private static long count(float[] predicted, float[] expected, int p, int e) {
        return IntStream.range(0, predicted.length).filter(i -> predicted[i] == p && expected[i] == e).count();
    }

    /** F1 of label 1 of two. */
    public static double f1(float[] predicted, float[] expected) {
        double hits = count(predicted, expected, 1, 1);
        return quotient(2 * hits, 2 * hits + count(predicted, expected, 1, 0) + count(predicted, expected, 0, 1));
    }

    /** The mean of the F1 of each label that is predicted or expected anywhere. */
    public static double macroF1(float[] predicted, float[] expected) {
        int labels = 0;
        for (int i = 0; i < predicted.length; i++) {
            labels = Math.max(labels, 1 + (int) Math.max(predicted[i], expected[i]));
        }
        int[] hits = new int[labels];
        int[] named = new int[labels];
        for (int i = 0; i < predicted.length; i++) {
            hits[(int) predicted[i]] += predicted[i] == expected[i] ? 1 : 0;
            named[(int) predicted[i]]++;
            named[(int) expected[i]]++;
        }
        return IntStream.range(0, labels).filter(label -> named[label] > 0).mapToDouble(label -> 2.0 * hits[label] / named[label])
                .average().orElse(0);
    }

    /** Matthews correlation of labels 0 and 1 (Matthews 1975). */
    public static double matthews(float[] predicted, float[] expected) {
        double tp = count(predicted, expected, 1, 1);
        double tn = count(predicted, expected, 0, 0);
        double fp = count(predicted, expected, 1, 0);
        double fn = count(predicted, expected, 0, 1);
        return quotient(tp * tn - fp * fn, Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)));
    }

    /** Pearson correlation of scores. */
    public static double pearson(float[] predicted, float[] expected) {
        return pearson(doubles(predicted), doubles(expected));
    }

    /** Spearman correlation of scores: Pearson's of their ranks. */
    public static double spearman(float[] predicted, float[] expected) {
        return pearson(ranks(predicted), ranks(expected));
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
