package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Parallel;
import dev.filigree.pruner.pattern.RowDealing;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Exchanges rows between blocks wherever that lowers the exact loss: every row is fitted to the inputs of every block, which costs one
 * factorisation a block, and rows change places as long as both together gain. The patterns stay, so the loss never rises.
 */
final class RowExchange {
    /** A gain below this share of what the layer explains is rounding. */
    private static final double SMALLEST_GAIN = 1e-9;

    private RowExchange() {}

    /** The same patterns over rows in a better order. */
    static Mask improve(Quadratic loss, Mask mask) {
        BlockGrid grid = mask.grid();
        int rows = grid.rows();
        int blocks = grid.blockRows();
        int[] all = IntStream.range(0, rows).toArray();
        double[] worth = new double[rows * blocks];
        Parallel.forRanges(blocks, 1, (from, to) -> {
            for (int block = from; block < to; block++) {
                int[] kept = loss.withConstant(mask.keptInputs(block));
                double[] explained = loss.factor(kept).energies(loss.right(all, kept), rows);
                for (int r = 0; r < rows; r++) {
                    worth[r * blocks + block] = explained[r];
                }
            }
        });
        RowDealing dealing = new RowDealing(grid);
        dealing.improve(worth, SMALLEST_GAIN * Arrays.stream(worth).sum() / (rows * blocks));
        return new Mask(dealing.grid(), mask.patterns());
    }
}
