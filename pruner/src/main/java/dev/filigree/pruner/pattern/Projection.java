package dev.filigree.pruner.pattern;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The exact projection on the pattern constraint: among the matrices that obey it, the one that minimises
 * {@code sum over rows r and inputs j of metric[j] * (w[r][j] - z[r][j])^2}. Kept values stay as they are, and since blocks do not
 * meet, each block takes the pattern with the largest kept energy {@code sum of metric[j] * w[r][j]^2}: for all C(M, N) patterns the
 * N inputs with the largest column energies, ties to the lower input. Energies are summed in double precision. Immutable and
 * thread-safe; large matrices are split over threads, see {@link Parallel}.
 *
 * @param grid the matrix and its blocks
 * @param patterns the patterns allowed
 * @param metric {@code [columns]}, non-negative worth of a squared change at each input, or empty for the Euclidean projection
 */
public record Projection(BlockGrid grid, PatternSet patterns, double[] metric) {
    private static final int GRAIN_WEIGHTS = 1 << 15;

    /** Checks that the parts fit together. */
    public Projection {
        if (!grid.sparsity().equals(patterns.sparsity())) {
            throw new IllegalArgumentException(
                    "Patterns of " + patterns.sparsity() + " do not fit blocks of " + grid.sparsity() + ": use one sparsity for both.");
        }
        if (metric.length != 0 && metric.length != grid.columns()) {
            throw new IllegalArgumentException("The metric needs " + grid.columns() + " inputs, got " + metric.length + ".");
        }
        for (double worth : metric) {
            if (!(worth >= 0)) {
                throw new IllegalArgumentException("The metric must not be negative, got " + worth + ".");
            }
        }
    }

    /** The Euclidean projection with all C(M, N) patterns. */
    public static Projection euclidean(BlockGrid grid) {
        return new Projection(grid, PatternSet.all(grid.sparsity()), new double[0]);
    }

    /** The projection in a diagonal metric with all C(M, N) patterns, for example with the second moments of a layer's inputs. */
    public static Projection inMetric(BlockGrid grid, double[] metric) {
        return new Projection(grid, PatternSet.all(grid.sparsity()), metric);
    }

    /** The weights that the projection keeps. */
    public Mask select(float[] weights) {
        return select(FloatBuffer.wrap(weights));
    }

    /** The weights that the projection keeps; the buffer is addressed from index 0 and holds exactly {@code rows * columns} floats. */
    public Mask select(FloatBuffer weights) {
        grid.requireSize(weights.limit());
        int columns = grid.columns();
        int groups = grid.groups();
        int m = grid.sparsity().m();
        int[] chosen = new int[grid.blockRows() * groups];
        Parallel.forRanges(grid.blockRows(), Math.ceilDiv(GRAIN_WEIGHTS, columns * grid.sparsity().v()), (from, to) -> {
            float[] row = new float[columns];
            double[] energies = new double[columns];
            for (int block = from; block < to; block++) {
                Arrays.fill(energies, 0);
                for (int i = 0; i < grid.rowsIn(block); i++) {
                    weights.get(grid.row(block, i) * columns, row);
                    addSquares(row, energies);
                }
                weigh(energies);
                for (int group = 0; group < groups; group++) {
                    chosen[block * groups + group] = patterns.best(energies, group * m, grid.columnsIn(group));
                }
            }
        });
        return new Mask(grid, chosen);
    }

    /** Projects in place and returns what was kept. */
    public Mask project(float[] weights) {
        return project(FloatBuffer.wrap(weights));
    }

    /** Projects in place and returns what was kept. */
    public Mask project(FloatBuffer weights) {
        Mask mask = select(weights);
        mask.apply(weights);
        return mask;
    }

    private static void addSquares(float[] row, double[] energies) {
        for (int c = 0; c < row.length; c++) {
            energies[c] += (double) row[c] * row[c];
        }
    }

    private void weigh(double[] energies) {
        for (int c = 0; c < metric.length; c++) {
            energies[c] *= metric[c];
        }
    }
}
