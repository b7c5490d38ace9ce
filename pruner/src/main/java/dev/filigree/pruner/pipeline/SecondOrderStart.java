package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.secondorder.LayerMoments;
import dev.filigree.pruner.secondorder.LayerProblem;
import dev.filigree.pruner.secondorder.PrunedLinear;
import dev.filigree.pruner.train.Batch;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.LayerStreams;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.TrainingListener;
import java.util.List;
import java.util.Map;

/**
 * The second-order start: goes through the layers in order, chooses each linear's patterns by the optimal-brain-surgeon criterion on
 * calibration texts and refits what is kept, so that each layer repairs what pruning the ones before it has moved.
 */
final class SecondOrderStart {
    private static final int BATCH = 64;

    private final BertClassifier dense;
    private final BertClassifier pruned;
    private final List<PatternLayer> layers;
    private final TrainingListener listener;

    /** Will rewrite {@code pruned}, a copy of {@code dense}, whose linears {@code layers} are. */
    SecondOrderStart(BertClassifier dense, BertClassifier pruned, List<PatternLayer> layers, TrainingListener listener) {
        this.dense = dense;
        this.pruned = pruned;
        this.layers = layers;
        this.listener = listener;
    }

    /** Prunes and refits every linear, and leaves its metric with it. */
    void run(List<EncodedExample> calibration) throws InterruptedException {
        int done = 0;
        try (LayerStreams streams = new LayerStreams(dense, pruned, Batch.sorted(calibration, BATCH))) {
            for (int layer = 0; layer < pruned.shape().layers(); layer++) {
                if (layer > 0) {
                    streams.advance();
                }
                for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                    for (Map.Entry<LinearRole, LayerMoments> moments : streams.moments(stage).entrySet()) {
                        if (Thread.interrupted()) {
                            throw new InterruptedException("The second-order start was stopped.");
                        }
                        int index = layer * LinearRole.values().length + moments.getKey().ordinal();
                        double lost = prune(layers.get(index), moments.getValue());
                        done++;
                        listener.progress("obs", done, layers.size(), lost, Map.of());
                    }
                }
            }
        }
    }

    /** Returns the share of the outputs' energy that pruning lost. */
    private static double prune(PatternLayer layer, LayerMoments moments) {
        Parameter weight = layer.weight();
        Parameter bias = layer.linear().bias();
        LayerProblem problem = LayerProblem.of(moments, weight.weights(), LayerProblem.DEFAULT_DAMPING);
        Mask mask = problem.select(layer.grid(), layer.patterns());
        PrunedLinear refitted = problem.refit(mask);
        System.arraycopy(refitted.weight(), 0, weight.weights(), 0, weight.size());
        System.arraycopy(refitted.bias(), 0, bias.weights(), 0, bias.size());
        bias.publish();
        layer.useMetric(problem.metric());
        layer.enforce(mask);
        return refitted.lostEnergy();
    }
}
