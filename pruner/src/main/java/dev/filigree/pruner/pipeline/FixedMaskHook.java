package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.train.AdamW;
import dev.filigree.pruner.train.UpdateRule;
import java.util.List;

/** Trains what the masks keep and nothing else. */
record FixedMaskHook(List<PatternLayer> layers) implements PatternHook {
    @Override
    public void start(AdamW optimizer) {
        for (PatternLayer layer : layers) {
            layer.enforce(layer.mask());
            optimizer.setRule(layer.weight(), new UpdateRule.FixedMask());
        }
    }

    @Override
    public void finish() {}
}
