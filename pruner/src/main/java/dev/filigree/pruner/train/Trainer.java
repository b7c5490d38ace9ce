package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.filigree.pruner.checkpoint.PhaseCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a model in place. On a CPU the same model, examples, plan and hook give the same weights, bit for bit, on the same machine with
 * the same number of threads, in one go or resumed from checkpoints; on a GPU PyTorch adds in an order of its own in places. Only one
 * training can run in a process: DJL records one graph at a time.
 */
public final class Trainer {
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final BertClassifier model;
    private final TrainingListener listener;

    /** Trains this model, watched by this listener. */
    public Trainer(BertClassifier model, TrainingListener listener) {
        this.model = model;
        this.listener = listener;
    }

    /** Runs one phase without checkpoints. */
    public TrainingResult train(List<EncodedExample> examples, TrainingPlan plan, Objective objective, StepHook hook)
            throws InterruptedException {
        return train(examples, plan, objective, hook, PhaseCheckpoint.OFF);
    }

    /**
     * Runs one phase. Every example is seen once before any is seen again.
     *
     * @param checkpoint where the phase is resumed from and keeps its progress; the model and what the hook was made of must be as they
     *     were when the phase began
     * @throws InterruptedException if the thread was interrupted: the model is left, and the progress kept, as the last whole step made it
     * @throws TrainingException if a loss or gradient is not finite
     */
    public TrainingResult train(
            List<EncodedExample> examples, TrainingPlan plan, Objective objective, StepHook hook, PhaseCheckpoint checkpoint)
            throws InterruptedException {
        if (examples.isEmpty()) {
            throw new TrainingException("There is nothing to train on: the data set has no examples.");
        }
        long start = System.nanoTime();
        selectTrained(plan, objective);
        Losses losses = new Losses(model.head(), objective, plan.trainEmbeddings());
        try (AdamW optimizer = new AdamW(plan.adam(), model.parameters())) {
            return train(examples, plan, losses, hook, checkpoint, optimizer, start);
        } finally {
            for (Parameter parameter : model.parameters()) {
                parameter.zeroGradient();
                parameter.setTrainable(false);
            }
        }
    }

    private TrainingResult train(List<EncodedExample> examples, TrainingPlan plan, Losses losses, StepHook hook, PhaseCheckpoint checkpoint,
            AdamW optimizer, long start) throws InterruptedException {
        Optional<HeldOut> heldOut = plan.stopping().map(stopping -> new HeldOut(stopping, examples, plan, optimizer.parameters()));
        List<Integer> trained = heldOut.map(HeldOut::trained).orElseGet(() -> IntStream.range(0, examples.size()).boxed().toList());
        BatchOrder batches = new BatchOrder(examples, trained, plan);
        TrainingProgress progress = new TrainingProgress(optimizer, hook, heldOut);
        hook.start(optimizer);
        checkpoint.resume(progress);
        while (progress.steps() < plan.steps() && heldOut.map(HeldOut::hasPatience).orElse(true)) {
            int step = progress.steps();
            if (Thread.interrupted()) {
                checkpoint.save(progress);
                throw new InterruptedException("Training was stopped after " + step + " of " + plan.steps() + " steps.");
            }
            double loss = gradients(batches.at(step), losses, plan, step);
            double norm = optimizer.gradientNorm();
            if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
                throw new TrainingException("Training in phase '" + plan.phase() + "' diverged at step " + (step + 1)
                        + " (loss " + loss + ", gradient norm " + norm + "): lower the learning rate from "
                        + plan.learningRate() + ".");
            }
            optimizer.step(plan.learningRate(step), Math.min(1, plan.clipNorm() / norm));
            hook.afterStep(step + 1, optimizer);
            progress.add(loss);
            heldOut.ifPresent(judge -> judge.judge(step + 1, plan, model, losses, hook));
            listener.progress(plan.phase(), step + 1, plan.steps(), loss, hook.residuals());
            checkpoint.offer(progress);
        }
        heldOut.ifPresent(HeldOut::putBestBack);
        if (progress.steps() < plan.steps()) {
            LOG.info("Training in phase '{}' ended after {} of {} steps: the held-out examples gained nothing by more.", plan.phase(),
                    progress.steps(), plan.steps());
        }
        double[] history = progress.losses();
        int tenth = Math.ceilDiv(history.length, 10);
        return new TrainingResult(history.length, Arrays.stream(history, 0, tenth).average().orElseThrow(),
                Arrays.stream(history, history.length - tenth, history.length).average().orElseThrow(), System.nanoTime() - start);
    }

    /** One forward and backward pass: fills the gradients and returns the loss. Nothing of it outlives the step's manager. */
    private double gradients(Batch batch, Losses losses, TrainingPlan plan, int index) {
        try (NDManager step = model.newStepManager(); GradientCollector collector = model.engine().engine().newGradientCollector()) {
            NDArray loss = losses.of(step, batch, model.forward(step, batch, dropout(step, batch, plan, index)));
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    /** Inverted dropout of the pooled features, drawn in Java so that a seed fixes it. */
    private Optional<NDArray> dropout(NDManager step, Batch batch, TrainingPlan plan, int index) {
        double share = plan.featureDropout();
        if (share == 0) {
            return Optional.empty();
        }
        RandomGenerator random = Draws.DROPOUT.of(plan.seed(), index);
        float[] factors = new float[batch.rows() * model.shape().hidden()];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = random.nextDouble() < share ? 0 : (float) (1 / (1 - share));
        }
        return Optional.of(step.create(factors, new Shape(batch.rows(), model.shape().hidden())));
    }

    /** A head that no loss reaches would have no gradient. */
    private void selectTrained(TrainingPlan plan, Objective objective) {
        boolean headReached = objective.labelWeight() > 0 || objective.distillation().map(d -> d.logitWeight() > 0).orElse(false);
        for (Parameter parameter : model.parameters()) {
            boolean embedding = parameter.name().startsWith("embeddings.");
            boolean encoder = parameter.name().startsWith("encoder.");
            parameter.setTrainable(embedding ? plan.trainEmbeddings() : encoder || headReached);
        }
    }
}
