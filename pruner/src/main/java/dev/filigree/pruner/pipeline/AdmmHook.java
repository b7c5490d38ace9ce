package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.method.AdmmState;
import dev.filigree.pruner.method.Constraint;
import dev.filigree.pruner.method.Residuals;
import dev.filigree.pruner.method.RhoBalance;
import dev.filigree.pruner.train.AdamW;
import dev.filigree.pruner.train.UpdateRule;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * ADMM: all weights train under the penalty that draws them to the pattern, Z and U move at intervals, and at the end the masks of Z are
 * put in force. Each linear projects in its own metric: after a second-order start that of its inputs, so that the start is not undone.
 */
final class AdmmHook implements PatternHook {
    /** Where rho starts; NxMTransformer (Holmes et al. 2021) used 1e-3 to 1e-2. Balancing moves it from there, linear by linear. */
    private static final float RHO = 3e-3f;

    /** How often Z and U move in a run, whatever its length. */
    private static final int UPDATES = 20;

    private final Map<PatternLayer, AdmmState> states = new LinkedHashMap<>();
    private final int interval;
    private Map<String, Double> residuals = Map.of();

    AdmmHook(List<PatternLayer> layers, int steps) {
        this.interval = Math.max(1, steps / UPDATES);
        for (PatternLayer layer : layers) {
            Constraint constraint = new Constraint.AnyPatterns(layer.projection());
            states.put(layer, new AdmmState(constraint, layer.weight().weights(), RHO, RhoBalance.around(RHO)));
        }
    }

    @Override
    public void start(AdamW optimizer) {
        states.forEach((layer, state) -> {
            layer.weight().clearMask();
            optimizer.setRule(layer.weight(), new UpdateRule.Proximal(state.rho(), state.target()));
        });
    }

    @Override
    public void afterStep(int step, AdamW optimizer) {
        if (step % interval != 0) {
            return;
        }
        double primal = 0;
        double dual = 0;
        for (Map.Entry<PatternLayer, AdmmState> entry : states.entrySet()) {
            AdmmState state = entry.getValue();
            Residuals moved = state.update(entry.getKey().weight().weights());
            primal += moved.primal() / states.size();
            dual += moved.dual() / states.size();
            optimizer.setRule(entry.getKey().weight(), new UpdateRule.Proximal(state.rho(), state.target()));
        }
        residuals = new LinkedHashMap<>();
        residuals.put("primal", primal);
        residuals.put("dual", dual);
    }

    @Override
    public boolean settled() {
        return false;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        for (AdmmState state : states.values()) {
            state.save(out);
        }
        out.number("residuals", residuals.size());
        for (Map.Entry<String, Double> residual : residuals.entrySet()) {
            out.text("residual", residual.getKey());
            out.real("value", residual.getValue());
        }
    }

    @Override
    public void restore(StateReader in, AdamW optimizer) throws IOException {
        for (Map.Entry<PatternLayer, AdmmState> entry : states.entrySet()) {
            AdmmState state = entry.getValue();
            state.restore(in);
            optimizer.setRule(entry.getKey().weight(), new UpdateRule.Proximal(state.rho(), state.target()));
        }
        residuals = new LinkedHashMap<>();
        for (long left = in.number("residuals"); left > 0; left--) {
            residuals.put(in.text("residual"), in.real("value"));
        }
    }

    /** Means over the linears at the last update; none before the first. */
    @Override
    public Map<String, Double> residuals() {
        return residuals;
    }

    @Override
    public void finish() {
        states.forEach((layer, state) -> layer.enforce(state.mask()));
    }
}
