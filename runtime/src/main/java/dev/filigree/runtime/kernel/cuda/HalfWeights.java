package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.Matrix;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.util.List;

/**
 * A weight matrix in fp16, in the form of {@link KeptWeights}.
 *
 * @param masks as there
 * @param values as there, fp16
 */
record HalfWeights(byte[] masks, short[] values) {
    /** Matrices of the same inputs one below the other, as one. */
    static HalfWeights of(List<Matrix> matrices) {
        KeptWeights kept = KeptWeights.of(KeptWeights.joined(matrices));
        return new HalfWeights(kept.masks(), halves(kept.values()));
    }

    boolean isSparse() {
        return masks.length > 0;
    }

    /**
     * Numbers in fp16.
     *
     * @throws ProviderRefusedException when one is beyond fp16's largest
     */
    static short[] halves(float[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = Float.floatToFloat16(values[i]);
            if ((halves[i] & 0x7C00) == 0x7C00) {
                throw new ProviderRefusedException("A weight of this model is " + values[i] + ", beyond the 65504 of fp16 in which GPUs"
                        + " run it: take another provider.");
            }
        }
        return halves;
    }
}
