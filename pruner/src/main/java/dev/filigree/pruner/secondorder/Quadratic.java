package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import java.util.Arrays;

/**
 * The loss of a linear layer up to a constant: for each output a row w of weights, the bias last, costs {@code 1/2 w A wᵀ − b wᵀ}. The
 * arrays are shared, and nobody writes them.
 *
 * @param size inputs and the constant
 * @param matrix A, symmetric positive definite, row-major {@code [size, size]}, the constant last
 * @param right the rows b, row-major {@code [outputs, size]}
 */
record Quadratic(int size, double[] matrix, double[] right) {
    /** Rows of weights. */
    int outputs() {
        return right.length / size;
    }

    /** Inputs and, behind them, the constant, which is always kept. */
    int[] withConstant(int[] inputs) {
        int[] kept = Arrays.copyOf(inputs, inputs.length + 1);
        kept[inputs.length] = size - 1;
        return kept;
    }

    /** Factors A over the kept entries alone. */
    Cholesky factor(int[] kept) {
        int n = kept.length;
        double[] part = new double[n * n];
        for (int p = 0; p < n; p++) {
            int source = kept[p] * size;
            for (int q = 0; q <= p; q++) {
                part[p * n + q] = matrix[source + kept[q]];
            }
        }
        return Cholesky.factor(part, n);
    }

    /** The kept entries of the right sides of some outputs, {@code [outputs.length, kept.length]}. */
    double[] right(int[] outputs, int[] kept) {
        int n = kept.length;
        double[] part = new double[outputs.length * n];
        for (int r = 0; r < outputs.length; r++) {
            for (int p = 0; p < n; p++) {
                part[r * n + p] = right[outputs[r] * size + kept[p]];
            }
        }
        return part;
    }

    void requireGrid(BlockGrid grid) {
        if (grid.rows() != outputs() || grid.columns() != size - 1) {
            throw new IllegalArgumentException("The pattern is for a " + grid.rows() + " x " + grid.columns() + " matrix, the layer is "
                    + outputs() + " x " + (size - 1) + ".");
        }
    }
}
