package dev.filigree.pruner.train;

import java.util.List;

/** The batch of each step: epoch after epoch, each in an order of its own that the seed fixes. Keeps the epoch last asked for. */
final class BatchOrder {
    private final List<EncodedExample> examples;
    private final List<Integer> chosen;
    private final int batchSize;
    private final long seed;
    private int epoch = -1;
    private List<Batch> batches = List.of();

    /** Of the examples at the chosen places. */
    BatchOrder(List<EncodedExample> examples, List<Integer> chosen, int batchSize, long seed) {
        this.examples = examples;
        this.chosen = chosen;
        this.batchSize = batchSize;
        this.seed = seed;
    }

    /** The batch of a step, counted from 0. */
    Batch at(int step) {
        int perEpoch = Math.ceilDiv(chosen.size(), batchSize);
        if (step / perEpoch != epoch) {
            epoch = step / perEpoch;
            batches = Batch.epoch(examples, chosen, batchSize, Draws.ORDER.of(seed, epoch));
        }
        return batches.get(step % perEpoch);
    }
}
