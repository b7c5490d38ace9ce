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

    /** Texts that fine-tuning and pruning want to see, however few there are. */
    private static final double DENSE_TEXTS = 24_000;
    private static final double PRUNE_TEXTS = 48_000;
    private static final double FEWEST_DENSE_EPOCHS = 3;
    private static final double MOST_USUAL_EPOCHS = 8;

    /** With these limits the steps of a phase can be counted in an int, whatever the data. */
    private static final int MOST_EPOCHS = 1000;
    private static final int LARGEST_BATCH = 1 << 16;

    /** Passes of fine-tuning over so many examples when nobody says how many: 3, and up to 8 over few. */
    public static double usualDenseEpochs(int examples) {
        return Math.clamp(Math.rint(DENSE_TEXTS / examples), FEWEST_DENSE_EPOCHS, MOST_USUAL_EPOCHS);
    }

    /** Passes while pruning over so many examples when nobody says how many: 1, and up to 8 over few. */
    public static double usualPruneEpochs(int examples) {
        return Math.clamp(Math.rint(PRUNE_TEXTS / examples), 1, MOST_USUAL_EPOCHS);
    }

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
