package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;

/** How the patterns of a layer are chosen for a refit. Both rules first put rows of alike saliency into one block, where V &gt; 1. */
public enum PatternRule {
    /**
     * The optimal brain surgeon: patterns by the saliency of single weights, then one group after the other chosen anew as long as the
     * loss falls. Costs an inverse for each block row; where V is small and these are many, {@link #ADMM} serves.
     */
    SEARCH {
        @Override
        Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns) {
            if (grid.sparsity().v() < SEARCHED_FROM) {
                return problem.admm(grid, patterns);
            }
            return problem.search(problem.select(grid, patterns), patterns, SWEEPS);
        }
    },

    /** ADMM on the whole layer at once, as in ALPS. */
    ADMM {
        @Override
        Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns) {
            return problem.admm(grid, patterns);
        }
    };

    /** What a third sweep still gains, under 1 % of the loss, takes half as long again. */
    private static final int SWEEPS = 2;
    /** The least V at which the search takes no longer than ADMM. */
    private static final int SEARCHED_FROM = 8;

    /** Chooses; the mask's grid has the rows in an order of its own. A dense set keeps everything. */
    public Mask choose(LayerProblem problem, PatternSet patterns) {
        BlockGrid grid = problem.groupRows(patterns);
        return patterns.sparsity().isDense() ? problem.select(grid, patterns) : improve(problem, grid, patterns);
    }

    abstract Mask improve(LayerProblem problem, BlockGrid grid, PatternSet patterns);
}
