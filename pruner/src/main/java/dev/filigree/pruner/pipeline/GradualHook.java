package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.method.Gradual;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.train.AdamW;
import dev.filigree.pruner.train.UpdateRule;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gradual pruning: what the masks keep trains, and block by block they keep less, until in the last part all blocks obey their pattern. */
final class GradualHook implements PatternHook {
    /** How often the masks shrink in a run, whatever its length. */
    private static final int STAGES = 20;

    /** Share of the steps after which every block is pruned; the survivors settle in the rest. */
    private static final double DONE_AFTER = 0.6;

    private final Map<PatternLayer, Gradual> states = new LinkedHashMap<>();
    private final int interval;
    private final int doneAt;
    private double share;

    GradualHook(List<PatternLayer> layers, int steps) {
        this.doneAt = Math.max(1, (int) (DONE_AFTER * steps));
        this.interval = Math.max(1, doneAt / STAGES);
        for (PatternLayer layer : layers) {
            states.put(layer, new Gradual(layer.projection(), layer.weight().weights()));
        }
    }

    @Override
    public void start(AdamW optimizer) {
        states.keySet().forEach(layer -> {
            layer.weight().applyMask(states.get(layer).advance(layer.weight().weights(), share));
            optimizer.setRule(layer.weight(), new UpdateRule.FixedMask());
        });
    }

    @Override
    public void afterStep(int step, AdamW optimizer) {
        if (step < doneAt && step % interval == 0 || step == doneAt) {
            share = Gradual.share((double) step / doneAt);
            states.forEach(this::advance);
        }
    }

    /** A pruned weight is zero at once, so that it counts for nothing when the patterns are next chosen. */
    private void advance(PatternLayer layer, Gradual state) {
        float[] weights = layer.weight().weights();
        float[] kept = state.advance(weights, share);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = kept[i] == 0 ? 0 : weights[i];
        }
        if (share == 1) {
            layer.enforce(state.patterns());
        } else {
            layer.weight().applyMask(kept);
        }
    }

    @Override
    public boolean settled() {
        return share == 1;
    }

    @Override
    public Map<String, Double> residuals() {
        return Map.of("blocks pruned", share);
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.real("share", share);
        for (PatternLayer layer : states.keySet()) {
            if (share == 1) {
                out.integers("patterns", layer.mask().patterns());
            } else {
                out.floats("kept", layer.weight().mask().orElseThrow());
            }
        }
    }

    @Override
    public void restore(StateReader in, AdamW optimizer) throws IOException {
        share = in.real("share");
        for (PatternLayer layer : states.keySet()) {
            if (share == 1) {
                int[] patterns = layer.mask().patterns();
                in.integers("patterns", patterns);
                layer.enforce(new Mask(layer.mask().grid(), patterns));
            } else {
                float[] kept = new float[layer.weight().size()];
                in.floats("kept", kept);
                layer.weight().applyMask(kept);
            }
        }
    }

    @Override
    public void finish() {
        if (share < 1) {
            share = 1;
            states.forEach(this::advance);
        }
    }
}
