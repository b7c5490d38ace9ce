package dev.filigree.pruner.pipeline;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.method.MethodStep;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.pattern.Projection;
import dev.filigree.pruner.secondorder.LayerMoments;
import dev.filigree.pruner.secondorder.LayerProblem;
import dev.filigree.pruner.secondorder.PatternRule;
import dev.filigree.pruner.secondorder.PrunedLinear;
import dev.filigree.pruner.train.Batch;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.LayerStreams;
import dev.filigree.pruner.train.LinearRole;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.PrunableLinear;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One-shot pruning of one linear after the other, in the order of the forward pass, by what each sees of the calibration texts in the model
 * that is pruned up to there.
 *
 * @param step for the progress
 * @param pruner what is done with each linear
 */
record LayerwiseStart(MethodStep step, LinearPruner pruner) implements PruningMethod {
    private static final int BATCH = 64;

    /** Prunes one linear. */
    @FunctionalInterface
    interface LinearPruner {
        /**
         * Rewrites a linear's weights.
         *
         * @param pattern what it shall obey, or empty where it stays dense
         * @return the share of energy that was lost
         */
        double prune(PrunableLinear linear, Optional<PatternLayer> pattern, LayerMoments moments) throws InterruptedException;
    }

    /**
     * Patterns by a rule on the layer's inputs and the outputs wanted, and an exact refit of what is kept, so that each layer repairs what
     * pruning the ones before it has moved. Linears that stay dense are refitted too.
     */
    static LayerwiseStart refitting(MethodStep step, PatternRule rule) {
        return new LayerwiseStart(step, (linear, pattern, moments) -> refit(rule, linear, pattern, moments));
    }

    /**
     * Patterns by {@code |w| ‖x‖}, each weight's magnitude times the norm of its input, and no refit: Wanda (Sun et al. 2023, arXiv
     * 2306.11695), with the squares summed over a block's rows where V &gt; 1.
     */
    static LayerwiseStart wanda(MethodStep step) {
        return new LayerwiseStart(step, LayerwiseStart::keepByActivation);
    }

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
                            throw new InterruptedException("The method " + step.word() + " was stopped.");
                        }
                        PrunableLinear linear = student.linear(layer, moments.getKey());
                        double lost = pruner.prune(linear, Optional.ofNullable(pruned.get(linear.name())), moments.getValue());
                        done++;
                        run.listener().progress(step.word(), done, student.linears().size(), lost, Map.of());
                    }
                }
            }
        }
    }

    private static double refit(PatternRule rule, PrunableLinear linear, Optional<PatternLayer> pattern, LayerMoments moments)
            throws InterruptedException {
        LayerProblem problem = LayerProblem.of(moments, linear.weight().weights(), LayerProblem.DEFAULT_DAMPING);
        Sparsity sparsity = pattern.map(layer -> layer.grid().sparsity()).orElse(Sparsity.DENSE);
        Mask mask = rule.choose(problem, PatternSet.all(sparsity));
        PrunedLinear refitted = problem.refit(mask);
        copy(refitted.weight(), linear.weight());
        copy(refitted.bias(), linear.bias());
        pattern.ifPresent(layer -> {
            layer.useMetric(problem.metric());
            layer.enforce(mask);
        });
        return refitted.lostEnergy();
    }

    private static double keepByActivation(PrunableLinear linear, Optional<PatternLayer> pattern, LayerMoments moments) {
        if (pattern.isEmpty()) {
            return 0;
        }
        BlockGrid grid = pattern.get().grid();
        float[] weights = linear.weight().weights();
        double[] meanSquares = moments.inputMeanSquares();
        Mask mask = Projection.inMetric(grid, meanSquares).select(weights);
        pattern.get().useMetric(meanSquares);
        pattern.get().enforce(mask);
        double[] roots = Arrays.stream(meanSquares).map(Math::sqrt).toArray();
        float[] scaled = new float[weights.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (float) (weights[i] * roots[i % roots.length]);
        }
        return 1 - mask.keptEnergy(scaled);
    }

    private static void copy(float[] values, Parameter target) {
        System.arraycopy(values, 0, target.weights(), 0, target.size());
        target.publish();
    }
}
