package dev.filigree.pruner.train;

import java.util.List;

/** The batch of each step: epoch after epoch, each in an order of its own that the plan's seed fixes. Keeps the epoch last asked for. */
final class BatchOrder {
    private final List<EncodedExample> examples;
    private final List<Integer> chosen;
    private final TrainingPlan plan;
    private int epoch = -1;
    private List<Batch> batches = List.of();

    /** Of the examples at the chosen places. */
    BatchOrder(List<EncodedExample> examples, List<Integer> chosen, TrainingPlan plan) {
        this.examples = examples;
        this.chosen = chosen;
        this.plan = plan;
    }

    /** The batch of a step, counted from 0. */
    Batch at(int step) {
        int perEpoch = Math.ceilDiv(chosen.size(), plan.batchSize());
        if (step / perEpoch != epoch) {
            epoch = step / perEpoch;
            batches = Batch.epoch(examples, chosen, plan.batchSize(), Draws.ORDER.of(plan.seed(), epoch));
        }
        Batch batch = batches.get(step % perEpoch);
        return plan.replacement().map(words -> words.apply(batch, Draws.WORDS.of(plan.seed(), step))).orElse(batch);
    }
}
