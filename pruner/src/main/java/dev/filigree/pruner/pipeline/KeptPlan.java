package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;

/** A plan that is made once, whatever kills the run: made again, on other timings, it might be another. */
final class KeptPlan implements Checkpointed {
    private SparsityPlan plan;

    KeptPlan(SparsityPlan plan) {
        this.plan = plan;
    }

    void set(SparsityPlan value) {
        plan = value;
    }

    SparsityPlan get() {
        return plan;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.text("plan", plan.toString());
    }

    @Override
    public void restore(StateReader in) throws IOException {
        plan = SparsityPlan.parse(in.text("plan"));
    }
}
