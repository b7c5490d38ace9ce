package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.method.Constraint;
import dev.filigree.pruner.method.SrSte;
import dev.filigree.pruner.train.AdamW;
import dev.filigree.pruner.train.UpdateRule;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SR-STE (Zhou et al. 2021): the forward pass sees the projected weights, the straight-through gradient reaches all of them, and those
 * that are pruned decay, decoupled from Adam. Masks are refreshed as training goes and held for the last part, so that the survivors
 * settle.
 */
final class SrSteHook implements PatternHook {
    /** Steps between refreshes: a projection costs a fraction of a step, and masks change little in fewer. */
    private static final int REFRESH_STEPS = 10;

    /** Share of the steps after which masks are held. */
    private static final double HOLD_AFTER = 0.6;

    /** Decay of pruned weights per unit of learning rate. */
    private static final float DECAY = 10;

    private final Map<PatternLayer, SrSte> states = new LinkedHashMap<>();
    private final int holdAt;
    private double changed;
    private boolean held;

    SrSteHook(List<PatternLayer> layers, int steps) {
        this.holdAt = Math.max(1, (int) (HOLD_AFTER * steps));
        for (PatternLayer layer : layers) {
            states.put(layer, new SrSte(new Constraint.AnyPatterns(layer.projection()), layer.weight().weights()));
        }
    }

    @Override
    public void start(AdamW optimizer) {
        states.forEach((layer, state) -> {
            layer.enforce(state.mask());
            optimizer.setRule(layer.weight(), new UpdateRule.StraightThrough(DECAY));
        });
    }

    @Override
    public void afterStep(int step, AdamW optimizer) {
        if (step == holdAt) {
            refresh();
            hold(optimizer);
        } else if (step < holdAt && step % REFRESH_STEPS == 0) {
            refresh();
        }
    }

    private void hold(AdamW optimizer) {
        held = true;
        states.keySet().forEach(layer -> optimizer.setRule(layer.weight(), new UpdateRule.FixedMask()));
    }

    private void refresh() {
        changed = 0;
        states.forEach((layer, state) -> {
            changed += state.refresh(layer.weight().weights()) / states.size();
            layer.enforce(state.mask());
        });
    }

    @Override
    public boolean settled() {
        return held;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        for (SrSte state : states.values()) {
            state.save(out);
        }
        out.real("changed", changed);
        out.number("held", held ? 1 : 0);
    }

    @Override
    public void restore(StateReader in, AdamW optimizer) throws IOException {
        for (Map.Entry<PatternLayer, SrSte> entry : states.entrySet()) {
            entry.getValue().restore(in);
            entry.getKey().enforce(entry.getValue().mask());
        }
        changed = in.real("changed");
        if (in.number("held") == 1) {
            hold(optimizer);
        }
    }

    @Override
    public Map<String, Double> residuals() {
        return Map.of("masks changed", changed);
    }

    @Override
    public void finish() {}
}
