package dev.filigree.pruner.pipeline;

/**
 * How long and how fast a run trains.
 *
 * @param denseEpochs passes over the training data to fine-tune the dense model, 0 to take it as it is
 * @param pruneEpochs passes over the training data while pruning, shared evenly by the methods that train
 * @param batchSize examples in a step
 * @param denseRate highest learning rate of the dense fine-tuning
 * @param pruneRate highest learning rate while pruning
 * @param options what is not as usual
 */
public record Schedule(double denseEpochs, double pruneEpochs, int batchSize, double denseRate, double pruneRate, TrainingOptions options) {
    /**
     * The usual highest learning rate while pruning: three times that of fine-tuning, since what is imitated says more of each text than
     * its label, and the weights start from patterns in which they have not been trained.
     */
    public static final double PRUNE_RATE = 3e-4;

    /** With these limits the steps of a phase can be counted in an int, whatever the data. */
    private static final int MOST_EPOCHS = 1000;
    private static final int LARGEST_BATCH = 1 << 16;

    /** Everything else as usual. */
    public Schedule(double denseEpochs, double pruneEpochs, int batchSize, double denseRate, double pruneRate) {
        this(denseEpochs, pruneEpochs, batchSize, denseRate, pruneRate, TrainingOptions.DEFAULT);
    }

    /** The same with other options. */
    public Schedule with(TrainingOptions others) {
        return new Schedule(denseEpochs, pruneEpochs, batchSize, denseRate, pruneRate, others);
    }

    /** The same for a dense model that is taken as it is. */
    public Schedule withoutDense() {
        return new Schedule(0, pruneEpochs, batchSize, denseRate, pruneRate, options);
    }

    /** Checks the ranges. */
    public Schedule {
        if (!Double.isFinite(denseEpochs + pruneEpochs + denseRate + pruneRate)) {
            throw new IllegalArgumentException("Epochs and learning rates must be finite.");
        }
        if (denseEpochs > MOST_EPOCHS || pruneEpochs > MOST_EPOCHS || batchSize > LARGEST_BATCH) {
            throw new IllegalArgumentException("There are at most " + MOST_EPOCHS + " epochs, and at most " + LARGEST_BATCH
                    + " examples in a batch.");
        }
        if (!(denseEpochs >= 0) || !(pruneEpochs > 0) || batchSize < 1 || !(denseRate > 0) || !(pruneRate > 0)) {
            throw new IllegalArgumentException(
                    "Pruning epochs, batch size and learning rates must be positive, and dense epochs must not be negative.");
        }
    }
}
