package dev.filigree.pruner.train;

import ai.djl.ndarray.NDManager;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** {@link EarlyStopping} in a phase: which examples are held out, and the best weights so far. */
final class HeldOut implements Checkpointed {
    private final EarlyStopping stopping;
    private final List<Integer> trained;
    private final List<Batch> batches = new ArrayList<>();
    private final Map<Parameter, float[]> best = new LinkedHashMap<>();
    private double bestLoss = Double.POSITIVE_INFINITY;
    private int failures;

    /** Holds out the share that the seed chooses, at least one example and not all. */
    HeldOut(EarlyStopping stopping, List<EncodedExample> examples, TrainingPlan plan, Collection<Parameter> parameters) {
        if (examples.size() < 2) {
            throw new TrainingException("Early stopping needs at least two training examples, one of them to hold out.");
        }
        this.stopping = stopping;
        List<Integer> order = new ArrayList<>(IntStream.range(0, examples.size()).boxed().toList());
        Collections.shuffle(order, Draws.HELD_OUT.of(plan.seed(), 0));
        int count = Math.max(1, (int) (stopping.share() * examples.size()));
        trained = order.subList(count, order.size()).stream().sorted().toList();
        for (int from = 0; from < count; from += plan.batchSize()) {
            batches.add(Batch.of(examples, order.subList(from, Math.min(count, from + plan.batchSize()))));
        }
        parameters.forEach(parameter -> best.put(parameter, parameter.weights().clone()));
    }

    /** Places of the examples that are left to train on. */
    List<Integer> trained() {
        return trained;
    }

    /** Judges the model's weights after a step; they count if the hook has no more to change about them. */
    void judge(int step, TrainingPlan plan, BertClassifier model, Losses losses, StepHook hook) {
        if (!stopping.judges(step, plan.steps()) || !hook.settled()) {
            return;
        }
        double loss = loss(model, losses);
        if (loss < bestLoss) {
            bestLoss = loss;
            failures = 0;
            best.forEach((parameter, values) -> System.arraycopy(parameter.weights(), 0, values, 0, values.length));
        } else {
            failures++;
        }
    }

    /** Whether training goes on. */
    boolean hasPatience() {
        return failures < stopping.patience();
    }

    /** Puts the best weights back, if any were judged. */
    void putBestBack() {
        if (bestLoss < Double.POSITIVE_INFINITY) {
            best.forEach((parameter, values) -> {
                System.arraycopy(values, 0, parameter.weights(), 0, values.length);
                parameter.publish();
            });
        }
    }

    /** The mean loss of the held-out examples. */
    private double loss(BertClassifier model, Losses losses) {
        double sum = 0;
        int rows = 0;
        for (Batch batch : batches) {
            try (NDManager step = model.newStepManager()) {
                sum += batch.rows() * (double) losses.of(step, batch, model.forward(step, batch)).getFloat();
                rows += batch.rows();
            }
        }
        return sum / rows;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.real("best.loss", bestLoss);
        out.number("failures", failures);
        for (Map.Entry<Parameter, float[]> entry : best.entrySet()) {
            out.floats(entry.getKey().name() + ".best", entry.getValue());
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        bestLoss = in.real("best.loss");
        failures = Math.toIntExact(in.number("failures"));
        for (Map.Entry<Parameter, float[]> entry : best.entrySet()) {
            in.floats(entry.getKey().name() + ".best", entry.getValue());
        }
    }
}
