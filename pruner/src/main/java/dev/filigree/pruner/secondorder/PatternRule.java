package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;

/**
 * How the patterns of a layer are chosen for a refit. Both rules first put rows of alike saliency into one block, where V &gt; 1, and end
 * within 2 % of each other's loss.
 */
public enum PatternRule {
    /**
     * The optimal brain surgeon: patterns by the saliency of single weights, then group after group chosen anew as long as the loss falls.
     * This takes time with {@code inputs³} for each block row, ADMM with {@code inputs²} for each row: where the search would be the
     * slower, {@link #ADMM} serves.
     */
    SEARCH {
        @Override
        Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns) throws InterruptedException {
            return grid.columns() > SEARCHED_INPUTS * grid.sparsity().v()
                    ? ADMM.improve(problem, grid, patterns)
                    : problem.search(problem.select(grid, patterns), patterns, SWEEPS);
        }
    },

    /** ADMM on the whole layer at once, as in ALPS. */
    ADMM {
        @Override
        Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns) throws InterruptedException {
            return problem.admm(grid, patterns);
        }
    };

    /** What a third sweep still gains, under 1 % of the loss, takes half as long again. */
    private static final int SWEEPS = 2;
    /** Inputs for each of a block's V rows up to which the search is the quicker. */
    private static final int SEARCHED_INPUTS = 64;

    /**
     * Chooses; the mask's grid has the rows in an order of its own. A dense set keeps everything.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    public Mask choose(LayerProblem problem, PatternSet patterns) throws InterruptedException {
        BlockGrid grid = problem.groupRows(patterns);
        return patterns.sparsity().isDense() ? problem.select(grid, patterns) : improve(problem, grid, patterns);
    }

    abstract Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns) throws InterruptedException;
}
