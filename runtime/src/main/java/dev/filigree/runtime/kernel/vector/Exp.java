package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@code exp(x)} for {@code x <= 0}, which is all that softmax needs, with a relative error below 2e-7 down to -87; below, the result
 * stays at {@code exp(-87)}, about 1.6e-38.
 *
 * <p>{@code exp(x) = 2^n e^r} with {@code n = round(x / ln 2)} and {@code r = x - n ln 2} in two parts (Cody and Waite 1980, chapter 6);
 * {@code e^r} is the polynomial of degree 6 of the Cephes library's {@code expf}. Adding 1.5 * 2^23 rounds to an integer and leaves it in
 * the low bits, from where a shift moves it into the exponent.
 */
final class Exp {
    private static final float LOWEST = -87f;
    private static final float LOG2_E = 1.44269504f;
    private static final float ROUND = 0x1.8p23f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final int MANTISSA_BITS = 23;

    private Exp() {}

    static FloatVector exp(FloatVector input) {
        // Not max(), which minds signs of zeros and NaN and takes five instructions.
        FloatVector x = input.blend(LOWEST, input.compare(VectorOperators.LT, LOWEST));
        FloatVector shifted = x.fma(broadcast(LOG2_E), broadcast(ROUND));
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(broadcast(-LN2_LOW), n.fma(broadcast(-LN2_HIGH), x));
        FloatVector p = r.fma(broadcast(1.9875691500e-4f), broadcast(1.3981999507e-3f));
        p = p.fma(r, broadcast(8.3334519073e-3f));
        p = p.fma(r, broadcast(4.1665795894e-2f));
        p = p.fma(r, broadcast(1.6666665459e-1f));
        p = p.fma(r, broadcast(5.0000001201e-1f));
        p = p.fma(r.mul(r), r.add(1f));
        return p.reinterpretAsInts()
                .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS))
                .reinterpretAsFloats();
    }
}
