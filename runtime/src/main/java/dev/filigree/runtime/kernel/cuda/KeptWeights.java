package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.Matrix;
import java.util.List;

/**
 * Weights in the form the re-layout kernels read: dense, or two of every four inputs with a mask for each four. Whether they are sparse
 * is asked of the weights and not of the file: any matrix with at most two weights that are not zero among every four inputs of a row,
 * such as one of 2:4@V, 1:4@V or 1:8@V, runs on the sparse tensor cores, rows in their original order; any other runs as dense.
 *
 * @param masks bit i for input i of the four, {@code [rows, inputs / 4]}; empty if dense
 * @param values row-major: kept ones by rising input, {@code [rows, inputs / 4, 2]}, or all of them, {@code [rows, inputs]}
 */
record KeptWeights(byte[] masks, float[] values) {
    /** Weights of one group of four that the sparse tensor cores keep. */
    static final int KEPT_OF_FOUR = 2;

    /**
     * Finds out what is kept.
     *
     * @param weights {@code [rows, inputs]}, inputs a multiple of 4; also codes, as whole numbers
     */
    static KeptWeights of(float[] weights) {
        for (int i = 0; i < weights.length; i += 4) {
            if (Integer.bitCount(used(weights, i)) > KEPT_OF_FOUR) {
                return new KeptWeights(new byte[0], weights);
            }
        }
        return sparse(weights);
    }

    /** Matrices of the same inputs one below the other, as one. */
    static float[] joined(List<Matrix> matrices) {
        int inputs = matrices.getFirst().columns();
        int rows = matrices.stream().mapToInt(Matrix::rows).sum();
        float[] weights = new float[Math.multiplyExact(rows, inputs)];
        int filled = 0;
        for (Matrix matrix : matrices) {
            float[] part = matrix.toFloats();
            System.arraycopy(part, 0, weights, filled, part.length);
            filled += part.length;
        }
        return weights;
    }

    private static int used(float[] weights, int at) {
        return (weights[at] != 0 ? 1 : 0)
                | (weights[at + 1] != 0 ? 2 : 0)
                | (weights[at + 2] != 0 ? 4 : 0)
                | (weights[at + 3] != 0 ? 8 : 0);
    }

    private static KeptWeights sparse(float[] weights) {
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
        return new KeptWeights(masks, kept);
    }
}
