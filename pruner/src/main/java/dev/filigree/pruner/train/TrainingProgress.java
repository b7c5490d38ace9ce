package dev.filigree.pruner.train;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/** Where a phase of training stands after a step: the weights it trains, their moments, what its hook changed, and the losses so far. */
final class TrainingProgress implements Checkpointed {
    private final AdamW optimizer;
    private final StepHook hook;
    private final Optional<HeldOut> heldOut;
    private double[] losses = new double[0];
    private int steps;

    TrainingProgress(AdamW optimizer, StepHook hook, Optional<HeldOut> heldOut) {
        this.optimizer = optimizer;
        this.hook = hook;
        this.heldOut = heldOut;
    }

    AdamW optimizer() {
        return optimizer;
    }

    /** Steps done. */
    int steps() {
        return steps;
    }

    /** The loss of each step done. */
    double[] losses() {
        return Arrays.copyOf(losses, steps);
    }

    void add(double loss) {
        if (steps == losses.length) {
            losses = Arrays.copyOf(losses, Math.max(64, 2 * steps));
        }
        losses[steps++] = loss;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.doubles("losses", losses());
        for (Parameter parameter : optimizer.parameters()) {
            parameter.save(out);
        }
        optimizer.save(out);
        hook.save(out);
        if (heldOut.isPresent()) {
            heldOut.get().save(out);
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        losses = in.doubles("losses");
        steps = losses.length;
        for (Parameter parameter : optimizer.parameters()) {
            parameter.restore(in);
        }
        optimizer.restore(in);
        hook.restore(in, optimizer);
        if (heldOut.isPresent()) {
            heldOut.get().restore(in);
        }
    }
}
