package dev.filigree.pruner.report;

import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import java.util.BitSet;

/** Which weights of a matrix its patterns keep, whatever their values. */
public final class KeptInputs {
    private KeptInputs() {}

    /** A bit for each weight, row-major {@code [rows, columns]}, rows in their original order; all are set for a dense matrix. */
    public static BitSet of(Matrix matrix) {
        int columns = matrix.columns();
        BitSet kept = new BitSet(matrix.rows() * columns);
        switch (matrix) {
            case DenseMatrix dense -> kept.set(0, dense.rows() * columns);
            case SparseMatrix sparse -> {
                int m = sparse.sparsity().m();
                for (int stored = 0; stored < sparse.rows(); stored++) {
                    int from = sparse.originalRow(stored) * columns;
                    for (int group = 0; group < sparse.sparsity().groups(columns); group++) {
                        int left = columns - group * m;
                        int mask = sparse.mask(stored / sparse.sparsity().v(), group) & (left < Integer.SIZE ? (1 << left) - 1 : -1);
                        for (; mask != 0; mask &= mask - 1) {
                            kept.set(from + group * m + Integer.numberOfTrailingZeros(mask));
                        }
                    }
                }
            }
        }
        return kept;
    }

    /** The share of a dense matrix's squares at the kept weights, 0 to 1; 1 for a matrix of zeros. */
    public static double energy(BitSet kept, float[] dense) {
        double all = 0;
        double there = 0;
        for (int i = 0; i < dense.length; i++) {
            double square = (double) dense[i] * dense[i];
            all += square;
            there += kept.get(i) ? square : 0;
        }
        return all > 0 ? there / all : 1;
    }
}
