package dev.filigree.pruner.train;

/**
 * Ends a phase of training when it no longer helps, and keeps the best weights it saw. They are judged by the objective's loss on examples
 * that are held out of the training examples (never on the task's evaluation files), twenty times in a phase.
 *
 * @param patience judgements without improvement after which training ends, at least 1
 * @param share of the training examples that is held out, above 0 and at most a half
 */
public record EarlyStopping(int patience, double share) {
    /** Share held out by default. */
    public static final double DEFAULT_SHARE = 0.05;

    private static final int JUDGEMENTS = 20;

    /** Checks the ranges. */
    public EarlyStopping {
        if (patience < 1 || !(share > 0 && share <= 0.5)) {
            throw new IllegalArgumentException("Early stopping needs a patience of at least 1 and a held-out share above 0 and up to 0.5.");
        }
    }

    /** Whether weights are judged after a step, counted from 1. */
    boolean judges(int step, int steps) {
        return step % Math.max(1, steps / JUDGEMENTS) == 0 || step == steps;
    }
}
