package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Parallel;
import dev.filigree.pruner.pattern.PatternSet;

/**
 * Coordinate descent over patterns on the exact quadratic of a layer: block row by block row, the pattern of each group is chosen anew
 * while those of all other groups stay and every kept weight is refitted, until a sweep over the groups changes nothing. A change is taken
 * only where it lowers the loss, so the loss never rises; the search ends at a mask that no change of a single group improves, or at the
 * last sweep allowed.
 *
 * <p>To judge a group, its pruned inputs are bordered onto the inverse of the block row's kept inputs ({@link BorderedGroup}), and
 * {@link GroupChoice} says which of its inputs are cheapest to take away again. With k inputs kept a group costs about {@code (M - N) k²}
 * multiply-adds to judge, and {@code 3 k²} for each input exchanged.
 */
final class PatternSearch {
    /** A gain below this share of what a block row explains is rounding. */
    private static final double SMALLEST_GAIN = 1e-9;

    private final Quadratic loss;
    private final PatternSet set;
    private final int sweeps;

    /**
     * Prepares a search.
     *
     * @param sweeps the most sweeps over the groups of a block row
     */
    PatternSearch(Quadratic loss, PatternSet set, int sweeps) {
        this.loss = loss;
        this.set = set;
        this.sweeps = sweeps;
    }

    /**
     * The mask at which the search that starts at another one ends.
     *
     * @throws InterruptedException when the thread was interrupted before that
     */
    Mask improve(Mask start) throws InterruptedException {
        BlockGrid grid = start.grid();
        int[] patterns = start.patterns();
        Parallel.forEach(grid.blockRows(), block ->
                descend(new RowBlock(loss, grid.rowsOf(block), start.keptInputs(block)), grid, patterns, block * grid.groups()));
        return new Mask(grid, patterns);
    }

    private void descend(RowBlock rows, BlockGrid grid, int[] patterns, int offset) {
        GroupChoice choice = new GroupChoice(set);
        BorderedGroup bordered = new BorderedGroup(grid.sparsity().m());
        int groups = grid.groups();
        double least = SMALLEST_GAIN * rows.explained();
        int settled = 0;
        for (long step = 0; step < (long) sweeps * groups && settled < groups; step++) {
            int group = (int) (step % groups);
            int first = group * grid.sparsity().m();
            int count = grid.columnsIn(group);
            int pattern = patterns[offset + group];
            int better = pattern;
            if (count > grid.sparsity().n()) {
                bordered.load(loss, rows, first, count);
                better = choice.better(pattern, bordered.inverse(), bordered.squares(), count, least);
            }
            settled = better == pattern ? settled + 1 : 0;
            if (better != pattern) {
                int present = (int) ((1L << count) - 1);
                exchange(rows, first, pattern & ~better & present, better & ~pattern & present);
                patterns[offset + group] = better;
            }
        }
    }

    private static void exchange(RowBlock rows, int first, int leaving, int entering) {
        int in = entering;
        for (int out = leaving; out != 0; out &= out - 1, in &= in - 1) {
            rows.exchange(first + Integer.numberOfTrailingZeros(out), first + Integer.numberOfTrailingZeros(in));
        }
    }
}
