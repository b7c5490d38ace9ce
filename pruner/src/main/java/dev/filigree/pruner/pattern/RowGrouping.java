package dev.filigree.pruner.pattern;

import java.util.Arrays;

/**
 * Which rows share a block, chosen so that rows of alike saliency do: with V &gt; 1 a block keeps the inputs that matter to its rows
 * together, so the more alike the rows, the more of each one's saliency survives. Balanced k-means in which a block's centre is its
 * pattern: blocks are filled one by one around the most salient row left, then patterns are chosen and rows exchanged in turns, each of
 * which raises the kept saliency, until neither changes anything. The same is done from the rows in their own order, and the better of both
 * is the answer, so that it never keeps less than they do. The result depends on the input alone.
 */
public final class RowGrouping {
    private static final int MOST_ROUNDS = 30;
    /** A gain below this share of all saliency is rounding. */
    private static final double SMALLEST_GAIN = 1e-9;
    private static final int GRAIN_ROWS = 16;

    private final PatternSet patterns;
    private final int rows;
    private final int columns;
    private final int m;
    private final int v;
    private final double[] saliency;
    private final double[] ofRow;

    private RowGrouping(PatternSet patterns, int columns, double[] saliency) {
        this.patterns = patterns;
        this.rows = saliency.length / columns;
        this.columns = columns;
        this.m = patterns.sparsity().m();
        this.v = patterns.sparsity().v();
        this.saliency = saliency;
        this.ofRow = new double[rows];
        for (int r = 0; r < rows; r++) {
            ofRow[r] = Arrays.stream(saliency, r * columns, (r + 1) * columns).sum();
        }
    }

    /**
     * The grid of the rows in an order that keeps much saliency; its row order lists the rows of each block.
     *
     * @param patterns the patterns allowed, of the sparsity wanted
     * @param columns inputs
     * @param saliency what pruning each weight costs, non-negative, row-major {@code [rows, columns]}
     * @throws InterruptedException when the thread was interrupted
     */
    public static BlockGrid of(PatternSet patterns, int columns, double[] saliency) throws InterruptedException {
        BlockGrid inOrder = BlockGrid.of(saliency.length / columns, columns, patterns.sparsity());
        inOrder.requireSize(saliency.length);
        return inOrder.blockRows() == 1 || patterns.sparsity().v() == 1
                ? inOrder
                : new RowGrouping(patterns, columns, saliency).group();
    }

    private BlockGrid group() throws InterruptedException {
        Grouped seeded = improved(new BlockGrid(rows, columns, patterns.sparsity(), seeded()));
        Grouped ordered = improved(BlockGrid.of(rows, columns, patterns.sparsity()));
        return seeded.kept() >= ordered.kept() ? seeded.grid() : ordered.grid();
    }

    /** Chooses patterns and exchanges rows in turns. */
    private Grouped improved(BlockGrid start) throws InterruptedException {
        double least = SMALLEST_GAIN * Arrays.stream(ofRow).sum();
        BlockGrid grid = start;
        for (int round = 0; ; round++) {
            requireNoInterrupt();
            double[] worths = worths(grid);
            RowDealing dealing = new RowDealing(grid);
            double kept = dealing.total(worths);
            if (round == MOST_ROUNDS || dealing.improve(worths, least) == 0) {
                return new Grouped(grid, kept);
            }
            grid = dealing.grid();
        }
    }

    private record Grouped(BlockGrid grid, double kept) {}

    /** Fills block after block: first the most salient row left, then those of which the block's pattern so far keeps the largest share. */
    private int[] seeded() throws InterruptedException {
        int[] order = new int[rows];
        boolean[] dealt = new boolean[rows];
        double[] shares = new double[rows];
        double[] energies = new double[columns];
        for (int at = 0; at < rows; at++) {
            requireNoInterrupt();
            boolean first = at % v == 0;
            if (first) {
                Arrays.fill(energies, 0);
            }
            int[] kept = kept(energies);
            Parallel.forRanges(rows, GRAIN_ROWS, (from, to) -> {
                for (int r = from; r < to; r++) {
                    shares[r] = dealt[r] ? -1 : first ? ofRow[r] : ofRow[r] == 0 ? 0 : worth(r, kept) / ofRow[r];
                }
            });
            int best = 0;
            for (int r = 1; r < rows; r++) {
                best = shares[r] > shares[best] ? r : best;
            }
            dealt[best] = true;
            order[at] = best;
            add(best, energies);
        }
        return order;
    }

    private static void requireNoInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("The grouping of rows was stopped.");
        }
    }

    /** What each block's pattern keeps of each row. */
    private double[] worths(BlockGrid grid) {
        int blocks = grid.blockRows();
        double[] worth = new double[rows * blocks];
        Parallel.forRanges(blocks, 1, (from, to) -> {
            double[] energies = new double[columns];
            for (int block = from; block < to; block++) {
                Arrays.fill(energies, 0);
                for (int row : grid.rowsOf(block)) {
                    add(row, energies);
                }
                int[] kept = kept(energies);
                for (int r = 0; r < rows; r++) {
                    worth[r * blocks + block] = worth(r, kept);
                }
            }
        });
        return worth;
    }

    /** The inputs that a block with these column energies keeps. */
    private int[] kept(double[] energies) {
        int[] kept = new int[columns + 1];
        int count = 0;
        for (int first = 0; first < columns; first += m) {
            int inGroup = Math.min(m, columns - first);
            int pattern = patterns.best(energies, first, inGroup);
            for (int j = 0; j < inGroup; j++) {
                kept[count] = first + j;
                count += pattern >>> j & 1;
            }
        }
        return Arrays.copyOf(kept, count);
    }

    private double worth(int row, int[] kept) {
        double sum = 0;
        for (int c : kept) {
            sum += saliency[row * columns + c];
        }
        return sum;
    }

    private void add(int row, double[] energies) {
        for (int c = 0; c < columns; c++) {
            energies[c] += saliency[row * columns + c];
        }
    }
}
