package dev.filigree.pruner.secondorder;

import java.util.Arrays;

/**
 * The rows of one block and the inputs they keep: the inverse of the matrix of these inputs, and the weights refitted over them. An input
 * can be exchanged for another without factoring anew. Slots number the kept inputs; the constant has the last. Not thread-safe.
 */
final class RowBlock {
    private final Quadratic loss;
    private final int[] outputs;
    private final int k;
    /** The input in a slot. */
    private final int[] kept;
    /** The slot of an input, or -1. */
    private final int[] slots;
    /** {@code [k, k]}. */
    private final double[] inverse;
    /** {@code [rows, k]}. */
    private final double[] weights;
    private final double[] column;
    private final double[] joined;
    private final double[] leaving;

    /**
     * Factors the matrix of the kept inputs and solves for the weights.
     *
     * @param outputs the rows of the layer that make up the block
     * @param inputs the kept inputs, without the constant
     */
    RowBlock(Quadratic loss, int[] outputs, int[] inputs) {
        this.loss = loss;
        this.outputs = outputs;
        this.kept = loss.withConstant(inputs);
        this.k = kept.length;
        this.slots = new int[loss.size()];
        Arrays.fill(slots, -1);
        for (int p = 0; p < k; p++) {
            slots[kept[p]] = p;
        }
        this.column = new double[k];
        this.joined = new double[k];
        this.leaving = new double[k];
        this.inverse = new double[k * k];
        for (int p = 0; p < k; p++) {
            inverse[p * k + p] = 1;
        }
        Cholesky factor = loss.factor(kept);
        factor.solve(inverse, 0, k);
        this.weights = loss.right(outputs, kept);
        factor.solve(weights, 0, outputs.length);
    }

    int rows() {
        return outputs.length;
    }

    /** How many inputs are kept, the constant included. */
    int slots() {
        return k;
    }

    /** The slot of an input, or -1 where it is pruned. */
    int slot(int input) {
        return slots[input];
    }

    /** The refitted weight in a slot. */
    double weight(int row, int slot) {
        return weights[row * k + slot];
    }

    /** An entry of the inverse. */
    double inverse(int slot, int other) {
        return inverse[slot * k + other];
    }

    /** What the refitted weights explain, summed over the rows: twice the fall of the loss below that of all zeros. */
    double explained() {
        double[] right = loss.right(outputs, kept);
        return Vectors.dot(weights, 0, right, 0, right.length);
    }

    /** Writes the entries of A between an input and the kept ones, {@code [k]}. */
    void couplings(int input, double[] to, int offset) {
        int source = input * loss.size();
        for (int p = 0; p < k; p++) {
            to[offset + p] = loss.matrix()[source + kept[p]];
        }
    }

    /** Multiplies the inverse with each of {@code count} vectors {@code [count, k]}. */
    void multiply(double[] vectors, double[] to, int count) {
        for (int p = 0; p < k; p++) {
            for (int i = 0; i < count; i++) {
                to[i * k + p] = Vectors.dot(inverse, p * k, vectors, i * k, k);
            }
        }
    }

    /** By how much the loss of a row falls for each unit of a pruned input's weight, where that is still zero. */
    double gradient(int row, int input, double[] couplings, int offset) {
        return loss.right()[outputs[row] * loss.size() + input] - Vectors.dot(weights, row * k, couplings, offset, k);
    }

    /**
     * Prunes one input and keeps another in its slot. The newcomer is bordered onto the inverse, then the leaver is eliminated: two changes
     * of rank one.
     */
    void exchange(int out, int in) {
        couplings(in, column, 0);
        multiply(column, joined, 1);
        double share = 1 / (loss.matrix()[in * loss.size() + in] - Vectors.dot(joined, 0, column, 0, k));
        int slot = slots[out];
        double joint = -joined[slot] * share;
        for (int p = 0; p < k; p++) {
            leaving[p] = inverse[p * k + slot] - joint * joined[p];
        }
        double pivot = 1 / leaving[slot];
        for (int r = 0; r < outputs.length; r++) {
            double entering = gradient(r, in, column, 0) * share;
            Vectors.addMultiple(weights, r * k, joined, 0, -entering, k);
            double removed = weights[r * k + slot] * pivot;
            Vectors.addMultiple(weights, r * k, leaving, 0, -removed, k);
            weights[r * k + slot] = entering - removed * joint;
        }
        for (int p = 0; p < k; p++) {
            Vectors.addMultiples(inverse, p * k, joined, joined[p] * share, leaving, -leaving[p] * pivot, k);
        }
        for (int p = 0; p < k; p++) {
            double entry = -joined[p] * share - leaving[p] * pivot * joint;
            inverse[p * k + slot] = entry;
            inverse[slot * k + p] = entry;
        }
        inverse[slot * k + slot] = share - joint * joint * pivot;
        slots[out] = -1;
        slots[in] = slot;
        kept[slot] = in;
    }
}
