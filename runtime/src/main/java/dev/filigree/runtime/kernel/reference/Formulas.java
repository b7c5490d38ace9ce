package dev.filigree.runtime.kernel.reference;

import dev.filigree.format.LayerNorm;

/** The functions of a transformer, in double precision. */
final class Formulas {
    /** Beyond this, erf is 1 in double precision. */
    private static final double ERF_SATURATES = 6;

    private Formulas() {}

    /**
     * The error function by the series of Abramowitz and Stegun 7.1.6, {@code 2/sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!}: its
     * terms have one sign, so that nothing cancels.
     */
    static double erf(double x) {
        if (Math.abs(x) > ERF_SATURATES) {
            return Math.signum(x);
        }
        double term = x;
        double sum = 0;
        for (int n = 0; sum + term != sum; n++) {
            sum += term;
            term *= 2 * x * x / (2 * n + 3);
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** {@code x Phi(x)} with the exact normal distribution (Hendrycks and Gimpel 2016). */
    static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    /** {@code exp(x_i) / sum of exp(x_j)}, in place. */
    static void softmax(double[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.exp(values[i] - max);
            sum += values[i];
        }
        for (int i = 0; i < values.length; i++) {
            values[i] /= sum;
        }
    }

    /** {@code (x - mean) / sqrt(variance + epsilon) * gamma + beta} over one hidden state, in place (Ba et al. 2016). */
    static void layerNorm(double[] state, LayerNorm norm, double epsilon) {
        double mean = 0;
        for (double value : state) {
            mean += value / state.length;
        }
        double variance = 0;
        for (double value : state) {
            variance += (value - mean) * (value - mean) / state.length;
        }
        double scale = 1 / Math.sqrt(variance + epsilon);
        for (int i = 0; i < state.length; i++) {
            state[i] = (state[i] - mean) * scale * norm.gamma()[i] + norm.beta()[i];
        }
    }
}
