package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Trains a model in place. The same model, examples, plan and hook give the same weights, bit for bit, on the same machine with the same
 * number of threads. Only one training can run in a process: DJL records one graph at a time.
 */
public final class Trainer {
    private final BertClassifier model;
    private final TrainingListener listener;

    /** Trains this model, watched by this listener. */
    public Trainer(BertClassifier model, TrainingListener listener) {
        this.model = model;
        this.listener = listener;
    }

    /**
     * Runs one phase. Every example is seen once before any is seen again.
     *
     * @throws InterruptedException if the thread was interrupted: the model is left as the last whole step made it
     * @throws TrainingException if a loss or gradient is not finite
     */
    public TrainingResult train(List<EncodedExample> examples, TrainingPlan plan, Objective objective, StepHook hook)
            throws InterruptedException {
        if (examples.isEmpty()) {
            throw new TrainingException("There is nothing to train on: the data set has no examples.");
        }
        long start = System.nanoTime();
        selectTrained(plan, objective);
        AdamW optimizer = new AdamW(plan.adam(), model.parameters(), model.engine().threads());
        Losses losses = new Losses(model.head(), objective, plan.trainEmbeddings());
        Random random = new Random(plan.seed());
        Deque<Batch> batches = new ArrayDeque<>();
        double[] history = new double[plan.steps()];
        try {
            hook.start(optimizer);
            for (int step = 0; step < plan.steps(); step++) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("Training was stopped after " + step + " of " + plan.steps() + " steps.");
                }
                if (batches.isEmpty()) {
                    batches.addAll(Batch.epoch(examples, plan.batchSize(), random));
                }
                history[step] = gradients(batches.remove(), losses, plan, random);
                double norm = optimizer.gradientNorm();
                if (!Double.isFinite(history[step]) || !Double.isFinite(norm)) {
                    throw new TrainingException("Training in phase '" + plan.phase() + "' diverged at step " + (step + 1)
                            + " (loss " + history[step] + ", gradient norm " + norm + "): lower the learning rate from "
                            + plan.learningRate() + ".");
                }
                optimizer.step(plan.learningRate(step), Math.min(1, plan.clipNorm() / norm));
                hook.afterStep(step + 1, optimizer);
                listener.progress(plan.phase(), step + 1, plan.steps(), history[step], hook.residuals());
            }
        } finally {
            for (Parameter parameter : model.parameters()) {
                parameter.zeroGradient();
                parameter.setTrainable(false);
            }
        }
        int tenth = Math.ceilDiv(plan.steps(), 10);
        return new TrainingResult(plan.steps(), Arrays.stream(history, 0, tenth).average().orElseThrow(),
                Arrays.stream(history, plan.steps() - tenth, plan.steps()).average().orElseThrow(), System.nanoTime() - start);
    }

    /** One forward and backward pass: fills the gradients and returns the loss. Nothing of it outlives the step's manager. */
    private double gradients(Batch batch, Losses losses, TrainingPlan plan, Random random) {
        try (NDManager step = model.newStepManager(); GradientCollector collector = model.engine().engine().newGradientCollector()) {
            NDArray loss = losses.of(step, batch, model.forward(step, batch, dropout(step, batch, plan.featureDropout(), random)));
            collector.backward(loss);
            return loss.getFloat();
        }
    }

    /** Inverted dropout of the pooled features, drawn in Java so that a seed fixes it. */
    private Optional<NDArray> dropout(NDManager step, Batch batch, double share, Random random) {
        if (share == 0) {
            return Optional.empty();
        }
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
