package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.Matrix;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.util.List;

/**
 * A weight matrix in fp16, in the form the re-layout kernels read: dense, or two of every four inputs with a mask for each four. Whether it
 * is sparse is asked of the weights and not of the file: any matrix with at most two weights that are not zero among every four inputs
 * of a row, such as one of 2:4@V, 1:4@V or 1:8@V, runs on the sparse tensor cores, rows in their original order; any other runs as dense.
 *
 * @param rows outputs
 * @param inputs multiple of 64
 * @param masks bit i for input i of the four, {@code [rows, inputs / 4]}; empty if dense
 * @param values fp16, row-major: kept ones by rising input, {@code [rows, inputs / 4, 2]}, or all of them, {@code [rows, inputs]}
 */
record HalfWeights(int rows, int inputs, byte[] masks, short[] values) {
    /** Weights of one group of four that the sparse tensor cores keep. */
    static final int KEPT_OF_FOUR = 2;

    /** Matrices of the same inputs one below the other, as one. */
    static HalfWeights of(List<Matrix> matrices) {
        int inputs = matrices.getFirst().columns();
        int rows = matrices.stream().mapToInt(Matrix::rows).sum();
        float[] weights = new float[Math.multiplyExact(rows, inputs)];
        int filled = 0;
        for (Matrix matrix : matrices) {
            float[] part = matrix.toFloats();
            System.arraycopy(part, 0, weights, filled, part.length);
            filled += part.length;
        }
        return obeysTwoOfFour(weights) ? sparse(rows, inputs, weights) : new HalfWeights(rows, inputs, new byte[0], halves(weights));
    }

    boolean isSparse() {
        return masks.length > 0;
    }

    private static boolean obeysTwoOfFour(float[] weights) {
        for (int i = 0; i < weights.length; i += 4) {
            if (Integer.bitCount(used(weights, i)) > KEPT_OF_FOUR) {
                return false;
            }
        }
        return true;
    }

    private static int used(float[] weights, int at) {
        return (weights[at] != 0 ? 1 : 0)
                | (weights[at + 1] != 0 ? 2 : 0)
                | (weights[at + 2] != 0 ? 4 : 0)
                | (weights[at + 3] != 0 ? 8 : 0);
    }

    private static HalfWeights sparse(int rows, int inputs, float[] weights) {
        byte[] masks = new byte[weights.length / 4];
        float[] kept = new float[masks.length * KEPT_OF_FOUR];
        for (int group = 0; group < masks.length; group++) {
            int mask = used(weights, group * 4);
            for (int free = 0; Integer.bitCount(mask) < KEPT_OF_FOUR; free++) {
                // A place without a weight takes a zero.
                mask |= 1 << free;
            }
            masks[group] = (byte) mask;
            int first = Integer.numberOfTrailingZeros(mask);
            int second = Integer.numberOfTrailingZeros(mask & mask - 1);
            kept[group * KEPT_OF_FOUR] = weights[group * 4 + first];
            kept[group * KEPT_OF_FOUR + 1] = weights[group * 4 + second];
        }
        return new HalfWeights(rows, inputs, masks, halves(kept));
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
