package dev.filigree.pruner.method;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Projection;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Gradual pruning of one layer: a growing share of its pattern blocks takes a pattern while the others stay dense, those first that lose
 * least by it. The share follows the cubic schedule of Zhu and Gupta 2017 (arXiv 1710.01878, equation 1), fast while there is much to
 * spare and slow at the end, where every block is pruned and the mask is exactly a {@link Mask}. Weights that were pruned are zero from
 * then on, so that their block loses nothing by staying pruned, and does.
 *
 * <p>Not thread-safe.
 */
public final class Gradual {
    private final Projection projection;
    private Mask patterns;

    /** Starts from trained weights, which are not changed, with nothing pruned. */
    public Gradual(Projection projection, float[] weights) {
        this.projection = projection;
        this.patterns = projection.select(weights);
    }

    /** Share of the blocks to prune, 0 to 1, when this share of the time has passed: {@code 1 - (1 - time)³}. */
    public static double share(double time) {
        double left = 1 - Math.clamp(time, 0, 1);
        return 1 - left * left * left;
    }

    /** The patterns of all blocks as last chosen: those in force when the share is 1. */
    public Mask patterns() {
        return patterns;
    }

    /**
     * Chooses every block's pattern anew and puts a share of them in force.
     *
     * @param weights row-major {@code [rows, columns]}
     * @param share of the blocks, 0 to 1
     * @return one for every weight that is kept and zero for every other, {@code [rows, columns]}
     */
    public float[] advance(float[] weights, double share) {
        patterns = projection.select(weights);
        double[] lost = lostEnergies(weights);
        int pruned = (int) Math.ceil(Math.clamp(share, 0, 1) * lost.length);
        float[] kept = patterns.toFloats();
        IntStream.range(0, lost.length)
                .boxed()
                .sorted(Comparator.comparingDouble(block -> lost[block]))
                .skip(pruned)
                .forEach(block -> fill(kept, block));
        return kept;
    }

    /** What each block's pattern drops, in the projection's metric, {@code [blockRows, groups]}. */
    private double[] lostEnergies(float[] weights) {
        BlockGrid grid = projection.grid();
        double[] metric = projection.metric();
        double[] lost = new double[grid.blockRows() * grid.groups()];
        for (int block = 0; block < lost.length; block++) {
            int pattern = patterns.pattern(block / grid.groups(), block % grid.groups());
            int first = block % grid.groups() * grid.sparsity().m();
            for (int i = 0; i < grid.rowsIn(block / grid.groups()); i++) {
                int start = grid.row(block / grid.groups(), i) * grid.columns();
                for (int j = 0; j < grid.columnsIn(block % grid.groups()); j++) {
                    if ((pattern >>> j & 1) == 0) {
                        double weight = weights[start + first + j];
                        lost[block] += (metric.length == 0 ? 1 : metric[first + j]) * weight * weight;
                    }
                }
            }
        }
        return lost;
    }

    private void fill(float[] kept, int block) {
        BlockGrid grid = projection.grid();
        int first = block % grid.groups() * grid.sparsity().m();
        for (int i = 0; i < grid.rowsIn(block / grid.groups()); i++) {
            int start = grid.row(block / grid.groups(), i) * grid.columns() + first;
            Arrays.fill(kept, start, start + grid.columnsIn(block % grid.groups()), 1);
        }
    }
}
