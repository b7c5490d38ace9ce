package dev.filigree.pruner.pattern;

import dev.filigree.format.Sparsity;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;

/**
 * How a weight matrix falls into pattern blocks: V consecutive stored rows by M consecutive inputs. The last block of rows and the last
 * group of inputs may be short; a short group still keeps at most N inputs, as in the file.
 *
 * @param rows outputs
 * @param columns inputs
 * @param sparsity N:M@V, or dense
 * @param rowOrder stored row r is row {@code rowOrder[r]} of the matrix, a permutation; empty for the identity, which becomes empty
 */
public record BlockGrid(int rows, int columns, Sparsity sparsity, int[] rowOrder) {
    /** Checks the dimensions and the permutation. */
    public BlockGrid {
        if (rows < 1 || columns < 1 || (long) rows * columns > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "A weight matrix of " + rows + " x " + columns + " is out of range: it needs 1 to 2^31 - 1 weights.");
        }
        if (rowOrder.length != 0 && !isPermutation(rowOrder, rows)) {
            throw new IllegalArgumentException("The row order must name each of the " + rows + " rows once, or be empty.");
        }
        rowOrder = Arrays.equals(rowOrder, identity(rows)) ? new int[0] : rowOrder;
    }

    /** A grid over the rows in their own order. */
    public static BlockGrid of(int rows, int columns, Sparsity sparsity) {
        return new BlockGrid(rows, columns, sparsity, new int[0]);
    }

    /** The same matrix and row order under another sparsity. */
    public BlockGrid with(Sparsity other) {
        return new BlockGrid(rows, columns, other, rowOrder);
    }

    /** Weights in the matrix. */
    public int size() {
        return rows * columns;
    }

    /** Blocks of V rows. */
    public int blockRows() {
        return sparsity.blockRows(rows);
    }

    /** Groups of M inputs. */
    public int groups() {
        return sparsity.groups(columns);
    }

    /** Rows in a block row: V, or fewer in the last. */
    public int rowsIn(int blockRow) {
        return Math.min(sparsity.v(), rows - blockRow * sparsity.v());
    }

    /** Inputs in a group: M, or fewer in the last. */
    public int columnsIn(int group) {
        return Math.min(sparsity.m(), columns - group * sparsity.m());
    }

    /** The row of the matrix that is the {@code i}-th of a block row. */
    public int row(int blockRow, int i) {
        int stored = blockRow * sparsity.v() + i;
        return rowOrder.length == 0 ? stored : rowOrder[stored];
    }

    /** The rows of the matrix block by block, all of them even where {@link #rowOrder} is empty. */
    public int[] order() {
        return rowOrder.length == 0 ? identity(rows) : rowOrder.clone();
    }

    /** The rows of the matrix in a block row. */
    public int[] rowsOf(int blockRow) {
        int[] rows = new int[rowsIn(blockRow)];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row(blockRow, i);
        }
        return rows;
    }

    /** Whether every block of a row-major {@code [rows, columns]} matrix has non-zero weights at no more than N inputs. */
    public boolean obeyedBy(float[] weights) {
        requireSize(weights.length);
        boolean[] used = new boolean[columns];
        for (int block = 0; block < blockRows(); block++) {
            Arrays.fill(used, false);
            for (int i = 0; i < rowsIn(block); i++) {
                int start = row(block, i) * columns;
                for (int c = 0; c < columns; c++) {
                    used[c] |= weights[start + c] != 0;
                }
            }
            for (int group = 0; group < groups(); group++) {
                int count = 0;
                for (int j = 0; j < columnsIn(group); j++) {
                    count += used[group * sparsity.m() + j] ? 1 : 0;
                }
                if (count > sparsity.n()) {
                    return false;
                }
            }
        }
        return true;
    }

    void requireSize(int length) {
        if (length != size()) {
            throw new IllegalArgumentException("Expected " + rows + " x " + columns + " = " + size() + " weights, got " + length + ".");
        }
    }

    private static int[] identity(int rows) {
        return IntStream.range(0, rows).toArray();
    }

    private static boolean isPermutation(int[] order, int rows) {
        BitSet seen = new BitSet(rows);
        for (int row : order) {
            if (row < 0 || row >= rows) {
                return false;
            }
            seen.set(row);
        }
        return order.length == rows && seen.cardinality() == rows;
    }
}
