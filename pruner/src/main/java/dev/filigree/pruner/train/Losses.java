package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The loss of a batch as one scalar that autograd can follow. Every factor is an array that stays open until the step's manager closes.
 */
final class Losses {
    private final HeadSpec head;
    private final Objective objective;
    private final boolean embeddingsTrained;

    Losses(HeadSpec head, Objective objective, boolean embeddingsTrained) {
        this.head = head;
        this.objective = objective;
        this.embeddingsTrained = embeddingsTrained;
    }

    NDArray of(NDManager step, Batch batch, Forward student) {
        List<NDArray> terms = new ArrayList<>();
        if (objective.labelWeight() > 0) {
            terms.add(head.regression()
                    ? squaredError(step, student.logits(), head.scale().learned(batch.targets()), objective.labelWeight() / batch.rows())
                    : crossEntropy(step, student.logits(), oneHot(batch), objective.labelWeight() / batch.rows()));
        }
        objective.distillation().ifPresent(distillation -> imitate(step, batch, student, distillation, terms));
        return terms.stream().reduce(NDArray::add).orElseThrow();
    }

    private void imitate(NDManager step, Batch batch, Forward student, Objective.Distillation distillation, List<NDArray> terms) {
        Forward teacher = distillation.teacher().outputs(step, batch);
        float[] scores = teacher.logits().toFloatArray();
        if (distillation.logitWeight() > 0) {
            double weight = distillation.logitWeight() / batch.rows();
            if (head.regression()) {
                terms.add(squaredError(step, student.logits(), scores, weight));
            } else {
                terms.add(divergence(step, student.logits(), scores, distillation.temperature(), weight));
            }
        }
        if (distillation.hiddenWeight() > 0) {
            long width = student.hiddenStates().getLast().getShape().get(2);
            NDArray weights = BatchArrays.tokenWeights(step, batch, (float) (distillation.hiddenWeight() / (batch.tokens() * width)));
            // Frozen embeddings have no gradient.
            for (int layer = embeddingsTrained ? 0 : 1; layer < student.hiddenStates().size(); layer++) {
                NDArray difference = student.hiddenStates().get(layer).sub(teacher.hiddenStates().get(layer));
                terms.add(difference.mul(difference).mul(weights).sum());
            }
        }
        if (distillation.relationWeight() > 0) {
            relations(step, batch, student.lastHeads().get(), teacher.lastHeads().get(), distillation.relationWeight(), terms);
        }
    }

    /** {@code KL(p ‖ q)} of each token's relations to the others; those with padding have no part in it. */
    private static void relations(
            NDManager step, Batch batch, Forward.Heads student, Forward.Heads teacher, double weight, List<NDArray> terms) {
        Shape shape = student.query().getShape();
        NDArray bias = BatchArrays.paddingBias(step, batch);
        // Both factors of a product carry the root of its scale.
        NDArray scale = step.create((float) Math.pow(shape.get(3), -0.25));
        float share = (float) (weight / (batch.tokens() * shape.get(1) * student.all().size()));
        NDArray weights = BatchArrays.tokenWeights(step, batch, share).reshape(new Shape(batch.rows(), 1, batch.width(), 1));
        for (int i = 0; i < student.all().size(); i++) {
            NDArray wanted = relation(teacher.all().get(i), scale, bias);
            NDArray given = relation(student.all().get(i), scale, bias);
            terms.add(wanted.exp().mul(weights).mul(wanted.sub(given)).sum());
        }
    }

    /** Logarithms of {@code softmax(A Aᵀ / sqrt(head width))}, {@code [rows, heads, width, width]}. */
    private static NDArray relation(NDArray heads, NDArray scale, NDArray bias) {
        NDArray scaled = heads.mul(scale);
        return scaled.matMul(scaled.transpose(0, 1, 3, 2)).add(bias).logSoftmax(-1);
    }

    /** {@code T² · KL(p ‖ q)} with {@code p = softmax(scores / T)}: the cross-entropy of the student less the teacher's entropy. */
    private NDArray divergence(NDManager step, NDArray logits, float[] scores, double temperature, double weight) {
        int labels = head.labels();
        float[] probabilities = new float[scores.length];
        double entropy = 0;
        for (int from = 0; from < scores.length; from += labels) {
            double max = Double.NEGATIVE_INFINITY;
            for (int i = from; i < from + labels; i++) {
                max = Math.max(max, scores[i] / temperature);
            }
            double sum = 0;
            for (int i = from; i < from + labels; i++) {
                sum += Math.exp(scores[i] / temperature - max);
            }
            for (int i = from; i < from + labels; i++) {
                double logarithm = scores[i] / temperature - max - Math.log(sum);
                probabilities[i] = (float) Math.exp(logarithm);
                entropy -= Math.exp(logarithm) * logarithm;
            }
        }
        double scaled = weight * temperature * temperature;
        NDArray softened = logits.mul(step.create((float) (1 / temperature)));
        return crossEntropy(step, softened, probabilities, scaled).sub(step.create((float) (scaled * entropy)));
    }

    private NDArray crossEntropy(NDManager step, NDArray logits, float[] probabilities, double weight) {
        float[] factors = new float[probabilities.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) (-weight * probabilities[i]);
        }
        return logits.logSoftmax(-1).mul(step.create(factors, logits.getShape())).sum();
    }

    private NDArray squaredError(NDManager step, NDArray logits, float[] targets, double weight) {
        float[] factors = new float[targets.length];
        Arrays.fill(factors, (float) weight);
        Shape shape = logits.getShape();
        NDArray difference = logits.sub(step.create(targets, shape));
        return difference.mul(difference).mul(step.create(factors, shape)).sum();
    }

    private float[] oneHot(Batch batch) {
        float[] probabilities = new float[batch.rows() * head.labels()];
        for (int row = 0; row < batch.rows(); row++) {
            int label = (int) batch.targets()[row];
            if (label < 0 || label >= head.labels()) {
                throw new IllegalArgumentException(
                        "Example " + batch.indices()[row] + " has label " + label + ", but the head has " + head.labels() + " labels.");
            }
            probabilities[row * head.labels() + label] = 1;
        }
        return probabilities;
    }
}
