package dev.filigree.runtime.kernel.nativecode;

import java.util.Arrays;

/** Scaled dot-product attention in double. */
final class PlainAttention {
    private PlainAttention() {}

    /**
     * What one query of one head finds among the keys {@code [from, to)}.
     *
     * @param q rows of {@code hidden} features, of which the head has {@code width} from {@code at} on; so k and v
     */
    static float[] context(float[] q, float[] k, float[] v, int hidden, int at, int width, int from, int to, int query) {
        double[] weights = new double[to - from];
        for (int key = from; key < to; key++) {
            for (int d = 0; d < width; d++) {
                weights[key - from] += (double) q[query * hidden + at + d] * k[key * hidden + at + d] / Math.sqrt(width);
            }
        }
        double largest = Arrays.stream(weights).max().orElseThrow();
        Arrays.setAll(weights, i -> Math.exp(weights[i] - largest));
        double sum = Arrays.stream(weights).sum();
        float[] context = new float[width];
        for (int d = 0; d < width; d++) {
            double value = 0;
            for (int key = from; key < to; key++) {
                value += weights[key - from] / sum * v[key * hidden + at + d];
            }
            context[d] = (float) value;
        }
        return context;
    }
}
