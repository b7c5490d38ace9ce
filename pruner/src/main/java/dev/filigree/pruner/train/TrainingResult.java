package dev.filigree.pruner.train;

/**
 * What a phase of training came to.
 *
 * @param steps steps done
 * @param firstLoss mean loss of the first tenth of the steps
 * @param lastLoss mean loss of the last tenth of the steps
 * @param nanoseconds time taken, since the last restart where the phase was resumed
 */
public record TrainingResult(int steps, double firstLoss, double lastLoss, long nanoseconds) {}
