package dev.filigree.pruner.pipeline;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.secondorder.LayerMoments;
import dev.filigree.pruner.secondorder.LayerProblem;
import dev.filigree.pruner.secondorder.PrunedLinear;
import dev.filigree.pruner.train.Batch;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.LayerStreams;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.PrunableLinear;
import dev.filigree.pruner.train.TrainingListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much pruning one linear alone moves the model's answers, for each linear and sparsity: patterns and refit are those of the
 * second-order start on the dense model's own stream, the other linears stay dense.
 */
final class SensitivityScan {
    private static final int BATCH = 64;
    /** Texts whose answers are compared: each linear and sparsity costs one pass over them. */
    private static final int COMPARED = 192;

    private final BertClassifier dense;
    private final List<Sparsity> candidates;
    private final TrainingListener listener;

    SensitivityScan(BertClassifier dense, List<Sparsity> candidates, TrainingListener listener) {
        this.dense = dense;
        this.candidates = candidates;
        this.listener = listener;
    }

    /**
     * Returns for each linear, by its name, the loss of each candidate: the mean over texts of KL(dense ‖ pruned), or of the squared
     * difference of a regression's score.
     */
    Map<String, List<Double>> run(List<EncodedExample> calibration) throws InterruptedException {
        List<EncodedExample> compared = calibration.subList(0, Math.min(COMPARED, calibration.size()));
        float[][] expected = dense.evaluate(compared, BATCH);
        Map<String, List<Double>> losses = new LinkedHashMap<>();
        try (BertClassifier twin = dense.copy();
                LayerStreams streams = new LayerStreams(dense, twin, Batch.sorted(calibration, BATCH))) {
            for (int layer = 0; layer < dense.shape().layers(); layer++) {
                if (layer > 0) {
                    streams.advance();
                }
                for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                    for (Map.Entry<LinearRole, LayerMoments> moments : streams.moments(stage).entrySet()) {
                        PrunableLinear linear = twin.linear(layer, moments.getKey());
                        LayerProblem problem =
                                LayerProblem.of(moments.getValue(), linear.weight().weights(), LayerProblem.DEFAULT_DAMPING);
                        List<Double> ofCandidates = new ArrayList<>();
                        for (Sparsity sparsity : candidates) {
                            prune(linear, problem, sparsity);
                            ofCandidates.add(divergence(expected, twin.evaluate(compared, BATCH)));
                        }
                        restore(linear);
                        losses.put(linear.name(), ofCandidates);
                        listener.progress("sensitivity", losses.size(), twin.linears().size(), ofCandidates.getFirst(), Map.of());
                    }
                }
            }
        }
        return losses;
    }

    private static void prune(PrunableLinear linear, LayerProblem problem, Sparsity sparsity) throws InterruptedException {
        BlockGrid grid = BlockGrid.of(linear.weight().rows(), linear.weight().columns(), sparsity);
        PrunedLinear pruned = problem.refit(problem.select(grid, PatternSet.all(sparsity)));
        set(linear.weight(), pruned.weight());
        set(linear.bias(), pruned.bias());
    }

    private void restore(PrunableLinear linear) {
        set(linear.weight(), dense.parameter(linear.weight().name()).weights());
        set(linear.bias(), dense.parameter(linear.bias().name()).weights());
    }

    private static void set(Parameter parameter, float[] values) {
        System.arraycopy(values, 0, parameter.weights(), 0, parameter.size());
        parameter.publish();
    }

    private double divergence(float[][] expected, float[][] actual) {
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            sum += dense.head().regression() ? squaredDifference(expected[i], actual[i]) : divergence(expected[i], actual[i]);
        }
        return sum / expected.length;
    }

    private static double squaredDifference(float[] expected, float[] actual) {
        double difference = actual[0] - expected[0];
        return difference * difference;
    }

    /** KL(softmax(expected) ‖ softmax(actual)), at least 0. */
    private static double divergence(float[] expected, float[] actual) {
        double expectedNorm = logSumExp(expected);
        double actualNorm = logSumExp(actual);
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            double logarithm = expected[i] - expectedNorm;
            sum += Math.exp(logarithm) * (logarithm - (actual[i] - actualNorm));
        }
        return Math.max(0, sum);
    }

    private static double logSumExp(float[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (float value : values) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (float value : values) {
            sum += Math.exp(value - max);
        }
        return max + Math.log(sum);
    }
}
