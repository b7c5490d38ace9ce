package dev.filigree.pruner.train;

import dev.filigree.format.Pooling;

/**
 * The head to train on an encoder.
 *
 * @param pooling how a sequence becomes one vector
 * @param labels rows of the classifier; 1 for a regression
 * @param regression whether the single output is a score (mean squared error) rather than a label (cross-entropy)
 * @param scale in what units a score is learned; {@link ScoreScale#NONE} for labels
 */
public record HeadSpec(Pooling pooling, int labels, boolean regression, ScoreScale scale) {
    /** A head that learns scores as they are, or labels. */
    public HeadSpec(Pooling pooling, int labels, boolean regression) {
        this(pooling, labels, regression, ScoreScale.NONE);
    }

    /** Checks that labels and kind agree. */
    public HeadSpec {
        if (regression ? labels != 1 : labels < 2) {
            String wanted = regression ? "A regression has one output" : "A classifier needs at least 2 labels";
            throw new IllegalArgumentException(wanted + ", not " + labels + ".");
        }
    }
}
