package dev.filigree.pruner.pipeline;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.secondorder.LayerMoments;
import dev.filigree.pruner.secondorder.LayerProblem;
import dev.filigree.pruner.secondorder.PrunedLinear;
import dev.filigree.pruner.train.Batch;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.LayerStreams;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.PrunableLinear;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The second-order start: goes through the layers in order, chooses each linear's patterns by the optimal-brain-surgeon criterion on
 * calibration texts and refits what is kept, so that each layer repairs what pruning the ones before it has moved. Linears that stay dense
 * are refitted too.
 */
final class SecondOrderStart implements PruningMethod {
    private static final int BATCH = 64;

    @Override
    public void apply(PruningRun run) throws InterruptedException {
        BertClassifier student = run.student();
        Map<String, PatternLayer> pruned =
                run.layers().stream().collect(Collectors.toMap(layer -> layer.linear().name(), Function.identity()));
        int done = 0;
        try (LayerStreams streams = new LayerStreams(run.dense(), student, Batch.sorted(run.data().calibration(run.settings()), BATCH))) {
            for (int layer = 0; layer < student.shape().layers(); layer++) {
                if (layer > 0) {
                    streams.advance();
                }
                for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                    for (Map.Entry<LinearRole, LayerMoments> moments : streams.moments(stage).entrySet()) {
                        if (Thread.interrupted()) {
                            throw new InterruptedException("The second-order start was stopped.");
                        }
                        PrunableLinear linear = student.linear(layer, moments.getKey());
                        double lost = prune(linear, Optional.ofNullable(pruned.get(linear.name())), moments.getValue());
                        done++;
                        run.listener().progress("obs", done, student.linears().size(), lost, Map.of());
                    }
                }
            }
        }
    }

    /** Returns the share of the outputs' energy that pruning lost. */
    private static double prune(PrunableLinear linear, Optional<PatternLayer> pattern, LayerMoments moments) {
        LayerProblem problem = LayerProblem.of(moments, linear.weight().weights(), LayerProblem.DEFAULT_DAMPING);
        BlockGrid grid = pattern.map(PatternLayer::grid)
                .orElseGet(() -> BlockGrid.of(linear.weight().rows(), linear.weight().columns(), Sparsity.DENSE));
        Mask mask = problem.select(grid, PatternSet.all(grid.sparsity()));
        PrunedLinear refitted = problem.refit(mask);
        copy(refitted.weight(), linear.weight());
        copy(refitted.bias(), linear.bias());
        pattern.ifPresent(layer -> {
            layer.useMetric(problem.metric());
            layer.enforce(mask);
        });
        return refitted.lostEnergy();
    }

    private static void copy(float[] values, Parameter target) {
        System.arraycopy(values, 0, target.weights(), 0, target.size());
        target.publish();
    }
}
