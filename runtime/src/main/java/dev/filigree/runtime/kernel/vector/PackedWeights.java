package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.ROWS;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;

import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.runtime.kernel.panel.Panels;
import java.util.Arrays;

/**
 * The weights of a linear layer as the tiles read them. Rows are taken in <i>units</i> of {@link Lanes#ROWS}, half as many or one,
 * interleaved {@code [kept][rows]}. A unit never crosses a pattern block. The layer is gone through in steps of {@code columnsPerStep}
 * inputs; the weights of a step stand together, so that they stream through the caches from one end to the other.
 *
 * @param rows outputs
 * @param columns inputs
 * @param kept weights stored for each row
 * @param weights step by step the units one after the other, {@code rows * kept}
 * @param units first stored row of each unit and, last, the number of rows
 * @param offsets for each block of {@code v} rows where the kept inputs stand in their step's {@code [inputs][TILE]}, {@code
 *     [blocks][kept]}; empty if dense
 * @param v rows that share a pattern
 * @param keptPerStep kept weights of a row in one step through the inputs
 * @param columnsPerStep inputs in that step
 * @param rowOffsets where each stored row is written in a panel of outputs
 */
record PackedWeights(
        int rows,
        int columns,
        int kept,
        float[] weights,
        int[] units,
        int[] offsets,
        int v,
        int keptPerStep,
        int columnsPerStep,
        int[] rowOffsets) {
    /** Inputs a step goes through: so many rows of a panel, 24 KiB, stay in the first-level cache while the units pass by. */
    static final int STEP = 384;

    /** Blocks of fewer rows are run as dense: one x load for each FMA would make them slower than the multiplications they save. */
    private static final int LEAST_ROWS = 4;

    /** Lays a matrix out. */
    static PackedWeights of(Matrix matrix) {
        return switch (matrix) {
            case SparseMatrix sparse when sparse.sparsity().v() >= LEAST_ROWS -> sparse(sparse);
            case SparseMatrix sparse -> dense(sparse);
            case DenseMatrix dense -> dense(dense);
        };
    }

    private static PackedWeights dense(Matrix matrix) {
        int rows = matrix.rows();
        int columns = matrix.columns();
        int[] units = units(rows, rows);
        int[] rowOffsets = new int[rows];
        for (int row = 0; row < rows; row++) {
            rowOffsets[row] = row * Panels.WIDTH;
        }
        float[] weights = interleave(matrix.toFloats(), columns, STEP, units);
        return new PackedWeights(rows, columns, columns, weights, units, new int[0], rows, STEP, STEP, rowOffsets);
    }

    private static PackedWeights sparse(SparseMatrix matrix) {
        int rows = matrix.rows();
        int columns = matrix.columns();
        int n = matrix.sparsity().n();
        int m = matrix.sparsity().m();
        int v = matrix.sparsity().v();
        int groups = matrix.sparsity().groups(columns);
        int kept = matrix.keptPerRow();
        int blocks = matrix.sparsity().blockRows(rows);
        int[] inputs = new int[blocks * kept];
        int[] masks = matrix.masks();
        for (int block = 0; block < blocks; block++) {
            int at = block * kept;
            for (int group = 0; group < groups; group++) {
                for (int mask = masks[block * groups + group]; mask != 0; mask &= mask - 1) {
                    inputs[at++] = group * m + Integer.numberOfTrailingZeros(mask);
                }
            }
        }
        float[] original = matrix.toFloats();
        float[] compact = new float[rows * kept];
        int[] rowOffsets = new int[rows];
        for (int row = 0; row < rows; row++) {
            int output = matrix.originalRow(row);
            rowOffsets[row] = output * Panels.WIDTH;
            for (int i = 0; i < kept; i++) {
                int input = inputs[row / v * kept + i];
                // A short last group may keep inputs beyond the last column.
                compact[row * kept + i] = input < columns ? original[output * columns + input] : 0f;
            }
        }
        int columnsPerStep = STEP / m * m;
        int[] offsets = new int[inputs.length];
        Arrays.setAll(offsets, i -> Math.min(inputs[i], columns - 1) % columnsPerStep * TILE);
        int[] units = units(rows, v);
        int keptPerStep = columnsPerStep / m * n;
        float[] weights = interleave(compact, kept, keptPerStep, units);
        return new PackedWeights(rows, columns, kept, weights, units, offsets, v, keptPerStep, columnsPerStep, rowOffsets);
    }

    /** The boundaries of units, the largest that fit into what is left of a block. */
    private static int[] units(int rows, int v) {
        int[] units = new int[rows + 1];
        int count = 0;
        for (int row = 0; row < rows; ) {
            units[count++] = row;
            int left = Math.min(rows, (row / v + 1) * v) - row;
            row += left >= ROWS ? ROWS : left >= ROWS / 2 ? ROWS / 2 : 1;
        }
        units[count++] = rows;
        return Arrays.copyOf(units, count);
    }

    private static float[] interleave(float[] rowMajor, int width, int widthPerStep, int[] units) {
        float[] weights = new float[rowMajor.length];
        int next = 0;
        for (int step = 0; step < width; step += widthPerStep) {
            for (int unit = 0; unit + 1 < units.length; unit++) {
                for (int i = step; i < Math.min(width, step + widthPerStep); i++) {
                    for (int row = units[unit]; row < units[unit + 1]; row++) {
                        weights[next++] = rowMajor[row * width + i];
                    }
                }
            }
        }
        return weights;
    }
}
