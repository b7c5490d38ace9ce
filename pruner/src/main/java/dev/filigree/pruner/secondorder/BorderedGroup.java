package dev.filigree.pruner.secondorder;

import java.util.Arrays;

/**
 * A group of inputs of a {@link RowBlock} as it would be if all of them were kept beside what the block keeps elsewhere: the part
 * of the inverse that belongs to the group, and the products of its weights. From these {@link GroupChoice} tells what each pattern costs.
 *
 * <p>The pruned inputs u of the group are bordered onto the inverse B of the kept ones: with {@code Z = B A_ku} and the Schur complement
 * {@code S = A_uu − A_uk Z}, the inverse becomes {@code B + Z S⁻¹ Zᵀ}, {@code −Z S⁻¹} and {@code S⁻¹}. Not thread-safe: holds scratch
 * memory.
 */
final class BorderedGroup {
    private final int m;
    private final double[] inverse;
    private final double[] squares;
    private final int[] pruned;
    private int prunedCount;
    /** {@code S⁻¹}, {@code [pruned, pruned]}. */
    private final double[] schur;
    /** {@code A_uk}, {@code [pruned, k]}. */
    private double[] couplings = new double[0];
    /** {@code Zᵀ}, {@code [pruned, k]}. */
    private double[] bordered = new double[0];
    /** {@code [count, rows]}. */
    private double[] weights = new double[0];

    BorderedGroup(int m) {
        this.m = m;
        this.inverse = new double[m * m];
        this.squares = new double[m * m];
        this.pruned = new int[m];
        this.schur = new double[m * m];
    }

    /** The group's part of the inverse, {@code [m, m]}, rewritten by {@link #load}. */
    double[] inverse() {
        return inverse;
    }

    /** The sum over rows of {@code wᵀ w} of the group's weights, {@code [m, m]}, rewritten by {@link #load}. */
    double[] squares() {
        return squares;
    }

    /**
     * Borders a group's pruned inputs onto a block's inverse.
     *
     * @param first the group's first input
     * @param count inputs in the group
     */
    void load(Quadratic loss, RowBlock block, int first, int count) {
        int k = block.slots();
        int rows = block.rows();
        couplings = couplings.length < m * k ? new double[m * k] : couplings;
        bordered = bordered.length < m * k ? new double[m * k] : bordered;
        weights = weights.length < m * rows ? new double[m * rows] : weights;
        prunedCount = 0;
        for (int j = 0; j < count; j++) {
            if (block.slot(first + j) < 0) {
                block.couplings(first + j, couplings, prunedCount * k);
                pruned[prunedCount++] = j;
            }
        }
        block.multiply(couplings, bordered, prunedCount);
        invertSchur(loss, first, k);
        enter(block, first);
        for (int j = 0; j < count; j++) {
            if (block.slot(first + j) >= 0) {
                makeRoom(block, first, count, j);
            }
        }
        for (int i = 0; i < count; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = Vectors.dot(weights, i * rows, weights, j * rows, rows);
                squares[i * m + j] = sum;
                squares[j * m + i] = sum;
            }
        }
    }

    private void invertSchur(Quadratic loss, int first, int k) {
        int n = prunedCount;
        double[] matrix = new double[n * n];
        Arrays.fill(schur, 0);
        for (int u = 0; u < n; u++) {
            for (int v = 0; v <= u; v++) {
                matrix[u * n + v] = loss.matrix()[(first + pruned[u]) * loss.size() + first + pruned[v]]
                        - Vectors.dot(couplings, u * k, bordered, v * k, k);
            }
            schur[u * n + u] = 1;
        }
        Cholesky.factor(matrix, n).solve(schur, 0, n);
    }

    /** The pruned inputs come in with the weights that minimise the loss. */
    private void enter(RowBlock block, int first) {
        int k = block.slots();
        int n = prunedCount;
        double[] gradients = new double[n];
        for (int r = 0; r < block.rows(); r++) {
            for (int v = 0; v < n; v++) {
                gradients[v] = block.gradient(r, first + pruned[v], couplings, v * k);
            }
            for (int u = 0; u < n; u++) {
                weights[pruned[u] * block.rows() + r] = Vectors.dot(schur, u * n, gradients, 0, n);
            }
        }
        for (int u = 0; u < n; u++) {
            for (int v = 0; v < n; v++) {
                inverse[pruned[u] * m + pruned[v]] = schur[u * n + v];
            }
        }
    }

    /** A kept input's weights and its part of the inverse, moved by those that come in. */
    private void makeRoom(RowBlock block, int first, int count, int j) {
        int k = block.slots();
        int n = prunedCount;
        int slot = block.slot(first + j);
        for (int u = 0; u < n; u++) {
            double sum = 0;
            for (int v = 0; v < n; v++) {
                sum -= schur[u * n + v] * bordered[v * k + slot];
            }
            inverse[pruned[u] * m + j] = sum;
            inverse[j * m + pruned[u]] = sum;
        }
        for (int i = 0; i < count; i++) {
            int other = block.slot(first + i);
            if (other >= 0) {
                double sum = block.inverse(slot, other);
                for (int u = 0; u < n; u++) {
                    sum -= inverse[pruned[u] * m + j] * bordered[u * k + other];
                }
                inverse[j * m + i] = sum;
            }
        }
        for (int r = 0; r < block.rows(); r++) {
            double w = block.weight(r, slot);
            for (int u = 0; u < n; u++) {
                w -= weights[pruned[u] * block.rows() + r] * bordered[u * k + slot];
            }
            weights[j * block.rows() + r] = w;
        }
    }
}
