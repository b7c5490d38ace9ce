package dev.filigree.pruner.pattern;

/**
 * Rows dealt out to the blocks of a grid, and the exchanges that make a dealing better: two rows of different blocks change places wherever
 * that raises the sum of what each row is worth in its block. The result depends on the input alone. Not thread-safe.
 */
public final class RowDealing {
    private static final int MOST_PASSES = 50;

    private final BlockGrid start;
    private final int[] order;

    /** Starts with the rows as a grid has them. */
    public RowDealing(BlockGrid grid) {
        this.start = grid;
        this.order = grid.order();
    }

    /** The grid with the rows where they are now. */
    public BlockGrid grid() {
        return new BlockGrid(start.rows(), start.columns(), start.sparsity(), order.clone());
    }

    /** The sum of what each row is worth where it is now. */
    double total(double[] worth) {
        double sum = 0;
        for (int i = 0; i < order.length; i++) {
            sum += worth[order[i] * start.blockRows() + i / start.sparsity().v()];
        }
        return sum;
    }

    /**
     * Exchanges rows as long as that gains anything, and returns by how much the sum of worths rose.
     *
     * @param worth of each row in each block, row-major {@code [rows, blocks]}
     * @param least the largest gain of one exchange that is still ignored, not negative
     */
    public double improve(double[] worth, double least) {
        double total = 0;
        double gained = Double.POSITIVE_INFINITY;
        for (int pass = 0; pass < MOST_PASSES && gained > 0; pass++) {
            gained = pass(worth, least);
            total += gained;
        }
        return total;
    }

    private double pass(double[] worth, double least) {
        int v = start.sparsity().v();
        int blocks = start.blockRows();
        double gained = 0;
        for (int i = 0; i < order.length; i++) {
            int here = i / v;
            for (int j = (here + 1) * v; j < order.length; j++) {
                int there = j / v;
                int row = order[i] * blocks;
                int other = order[j] * blocks;
                double gain = worth[row + there] - worth[row + here] + worth[other + here] - worth[other + there];
                if (gain > least) {
                    int moved = order[i];
                    order[i] = order[j];
                    order[j] = moved;
                    gained += gain;
                }
            }
        }
        return gained;
    }
}
