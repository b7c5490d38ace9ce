package dev.filigree.pruner.pattern;

import dev.filigree.format.Sparsity;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * Which weights of a row-major {@code [rows, columns]} matrix are kept: one pattern for each pattern block. Immutable and thread-safe.
 * Buffers are addressed from index 0, whatever their position, and must hold exactly {@code rows * columns} floats.
 */
public final class Mask {
    private static final int GRAIN_WEIGHTS = 1 << 15;

    private final BlockGrid grid;
    private final int[] patterns;

    /**
     * A mask from its patterns.
     *
     * @param patterns {@code [blockRows, groups]}, each M bits with N ones; copied
     */
    public Mask(BlockGrid grid, int[] patterns) {
        if (patterns.length != grid.blockRows() * grid.groups()) {
            throw new IllegalArgumentException(
                    "Expected " + grid.blockRows() + " x " + grid.groups() + " patterns, got " + patterns.length + ".");
        }
        for (int pattern : patterns) {
            PatternSet.requirePattern(pattern, grid.sparsity());
        }
        this.grid = grid;
        this.patterns = patterns.clone();
    }

    /** The matrix and its blocks. */
    public BlockGrid grid() {
        return grid;
    }

    /** The pattern of a block: bit j for input j of the group. */
    public int pattern(int blockRow, int group) {
        return patterns[blockRow * grid.groups() + group];
    }

    /** A copy of the patterns, {@code [blockRows, groups]}. */
    public int[] patterns() {
        return patterns.clone();
    }

    /** The inputs a block row keeps, rising. */
    public int[] keptInputs(int blockRow) {
        int[] lanes = new int[grid.columns()];
        expand(blockRow, lanes);
        int[] kept = new int[lanes.length];
        int count = 0;
        for (int c = 0; c < lanes.length; c++) {
            kept[count] = c;
            count -= lanes[c];
        }
        return Arrays.copyOf(kept, count);
    }

    /** Sets every pruned weight to zero, even one that is not finite. */
    public void apply(float[] weights) {
        apply(FloatBuffer.wrap(weights));
    }

    /** Sets every pruned weight to zero, even one that is not finite. */
    public void apply(FloatBuffer weights) {
        visitRows(weights, true, (_, row, lanes) -> {
            for (int c = 0; c < row.length; c++) {
                row[c] = Float.intBitsToFloat(Float.floatToRawIntBits(row[c]) & lanes[c]);
            }
        });
    }

    /** One for every kept weight and zero for every other, row-major {@code [rows, columns]}. */
    public float[] toFloats() {
        float[] ones = new float[grid.size()];
        Arrays.fill(ones, 1);
        apply(ones);
        return ones;
    }

    /** Weights kept. */
    public long kept() {
        long count = 0;
        for (int block = 0; block < grid.blockRows(); block++) {
            count += (long) keptInputs(block).length * grid.rowsIn(block);
        }
        return count;
    }

    /** The kept share of the sum of squares, 0 to 1; 1 for a matrix of zeros. */
    public double keptEnergy(float[] weights) {
        return keptEnergy(FloatBuffer.wrap(weights));
    }

    /** The kept share of the sum of squares, 0 to 1; 1 for a matrix of zeros. */
    public double keptEnergy(FloatBuffer weights) {
        // Summed up in the order of the rows, whichever thread comes first: the same weights give the same share, bit for bit.
        double[] keptSums = new double[grid.rows()];
        double[] prunedSums = new double[grid.rows()];
        visitRows(weights, false, (index, row, lanes) -> {
            double kept = 0;
            double pruned = 0;
            for (int c = 0; c < row.length; c++) {
                double energy = (double) row[c] * row[c];
                kept += lanes[c] == 0 ? 0 : energy;
                pruned += lanes[c] == 0 ? energy : 0;
            }
            keptSums[index] = kept;
            prunedSums[index] = pruned;
        });
        double kept = DoubleStream.of(keptSums).sum();
        double all = kept + DoubleStream.of(prunedSums).sum();
        return all == 0 ? 1 : kept / all;
    }

    /** How many weights one mask keeps and the other does not, over a matrix of the same blocks. */
    public long differences(Mask other) {
        if (!grid.sparsity().equals(other.grid.sparsity()) || grid.rows() != other.grid.rows() || grid.columns() != other.grid.columns()) {
            throw new IllegalArgumentException("Masks of different matrices or sparsities cannot be compared.");
        }
        long count = 0;
        for (int block = 0; block < grid.blockRows(); block++) {
            for (int group = 0; group < grid.groups(); group++) {
                int present = (int) ((1L << grid.columnsIn(group)) - 1);
                count += (long) Integer.bitCount((pattern(block, group) ^ other.pattern(block, group)) & present) * grid.rowsIn(block);
            }
        }
        return count;
    }

    /** Whether the kept weights also obey another sparsity in the same row order, as those of 2:4@16 obey 2:4@1. */
    public boolean obeys(Sparsity sparsity) {
        return grid.with(sparsity).obeyedBy(toFloats());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Mask mask
                && grid.rows() == mask.grid.rows()
                && grid.columns() == mask.grid.columns()
                && grid.sparsity().equals(mask.grid.sparsity())
                && Arrays.equals(grid.rowOrder(), mask.grid.rowOrder())
                && Arrays.equals(patterns, mask.patterns);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(patterns);
    }

    @Override
    public String toString() {
        return "Mask[" + grid.rows() + " x " + grid.columns() + ", " + grid.sparsity() + "]";
    }

    /** Minus one at every kept input of a block row, zero elsewhere. */
    private void expand(int blockRow, int[] lanes) {
        int m = grid.sparsity().m();
        int index = blockRow * grid.groups();
        for (int start = 0; start < lanes.length; start += m) {
            int pattern = patterns[index++];
            int end = Math.min(start + m, lanes.length);
            for (int c = start; c < end; c++) {
                lanes[c] = -(pattern & 1);
                pattern >>>= 1;
            }
        }
    }

    /** Copies rows through an array: the same quick loops serve heap and direct buffers of either byte order. */
    private void visitRows(FloatBuffer weights, boolean writeBack, RowVisitor visitor) {
        grid.requireSize(weights.limit());
        int columns = grid.columns();
        int grain = Math.ceilDiv(GRAIN_WEIGHTS, columns * grid.sparsity().v());
        Parallel.forRanges(grid.blockRows(), grain, (from, to) -> {
            float[] row = new float[columns];
            int[] lanes = new int[columns];
            for (int block = from; block < to; block++) {
                expand(block, lanes);
                for (int i = 0; i < grid.rowsIn(block); i++) {
                    int index = grid.row(block, i);
                    int start = index * columns;
                    weights.get(start, row);
                    visitor.visit(index, row, lanes);
                    if (writeBack) {
                        weights.put(start, row);
                    }
                }
            }
        });
    }

    @FunctionalInterface
    private interface RowVisitor {
        void visit(int index, float[] row, int[] lanes);
    }
}
