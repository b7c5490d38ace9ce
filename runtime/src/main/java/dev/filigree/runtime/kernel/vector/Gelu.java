package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * {@code GELU(x) = x/2 (1 + erf(x / sqrt 2))} (Hendrycks and Gimpel 2016), in place, with an absolute error below 1e-6 for |x| up to 8 and
 * below 1e-6 |x| beyond.
 *
 * <p>erf is the rational minimax approximation {@code z P(z^2) / Q(z^2)} on [-4, 4] with the coefficients of the Eigen library
 * ({@code generic_fast_erf_float}); beyond, erf is 1 in fp32. As erf is odd, {@code GELU(x) = x/2 + |x|/2 erf(|x| / sqrt 2)}.
 */
final class Gelu {
    private static final float SQRT_HALF = 0.70710678f;

    private Gelu() {}

    /**
     * Replaces the values of one tile of tokens in several rows. One vector at a time: with two, C2 gives up inlining and allocates every
     * vector.
     *
     * @param rowOffsets where the rows {@code [from, to)} stand after {@code at}
     */
    static void apply(float[] values, int at, int[] rowOffsets, int from, int to) {
        for (int row = from; row < to; row++) {
            int first = at + rowOffsets[row];
            for (int i = first; i < first + TILE; i += COUNT) {
                gelu(load(values, i)).intoArray(values, i);
            }
        }
    }

    private static FloatVector gelu(FloatVector x) {
        FloatVector half = x.mul(0.5f);
        return half.abs().fma(erf(x.abs().mul(SQRT_HALF)), half);
    }

    /** erf of what is not negative. */
    private static FloatVector erf(FloatVector input) {
        FloatVector z = least(input, 4f);
        FloatVector s = z.mul(z);
        FloatVector p = s.fma(broadcast(-2.72614225801306e-10f), broadcast(2.77068142495902e-08f));
        p = p.fma(s, broadcast(-2.10102402082508e-06f));
        p = p.fma(s, broadcast(-5.69250639462346e-05f));
        p = p.fma(s, broadcast(-7.34990630326855e-04f));
        p = p.fma(s, broadcast(-2.95459980854025e-03f));
        p = p.fma(s, broadcast(-1.60960333262415e-02f));
        FloatVector q = s.fma(broadcast(-1.45660718464996e-05f), broadcast(-2.13374055278905e-04f));
        q = q.fma(s, broadcast(-1.68282697438203e-03f));
        q = q.fma(s, broadcast(-7.37332916720468e-03f));
        q = q.fma(s, broadcast(-1.42647390514189e-02f));
        return least(z.mul(p).div(q), 1f);
    }

    /**
     * The lesser of two numbers that are not negative, of which the order is that of their bits: one instruction, where the minimum of
     * floating-point numbers, which minds signs of zeros and NaN, is five. NaN becomes the limit.
     */
    private static FloatVector least(FloatVector values, float limit) {
        return values.reinterpretAsInts().min(Float.floatToRawIntBits(limit)).reinterpretAsFloats();
    }
}
