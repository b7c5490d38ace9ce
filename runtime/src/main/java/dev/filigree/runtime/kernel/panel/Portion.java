package dev.filigree.runtime.kernel.panel;

/**
 * A worker's portion of a layer: a share of the work on each of some panels. Where there are panels enough, each worker takes panels of its
 * own through all stages and need not wait for the others, except for what looks across panels; where not, all work on all panels.
 *
 * @param from first panel
 * @param to end of the panels
 * @param share of the rows, heads or tokens of each of them
 * @param barrier where those who share these panels meet between stages
 */
public record Portion(int from, int to, Share share, Barrier barrier) {
    /** How much longer than the mean the longest worker may take when each takes whole panels: about what waiting costs otherwise. */
    private static final double WORST_BALANCE = 1.1;

    /** All of it, for one worker. */
    public static Portion all(int panels) {
        return new Portion(0, panels, Share.ALL, Barrier.NONE);
    }

    /**
     * The portion of one worker.
     *
     * @param share which of how many it is
     * @param barrier where all of them meet
     */
    public static Portion of(int panels, Share share, Barrier barrier) {
        int most = Math.ceilDiv(panels, share.workers());
        if (panels > 0 && most * share.workers() <= WORST_BALANCE * panels) {
            return new Portion(share.from(panels), share.to(panels), Share.ALL, Barrier.NONE);
        }
        return new Portion(0, panels, share, barrier);
    }

    /** Panels of the portion. */
    public int panels() {
        return to - from;
    }
}
