package dev.filigree.pruner.checkpoint;

import java.io.IOException;

/** A state for tests: some numbers, and an array that takes up room. */
final class Values implements Checkpointed {
    final float[] weights;
    long step;

    Values(int size) {
        weights = new float[size];
    }

    static Values of(int size, long step) {
        Values values = new Values(size);
        values.advanceTo(step);
        return values;
    }

    void advanceTo(long newStep) {
        step = newStep;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = newStep * 31 + i;
        }
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.number("step", step);
        out.floats("weights", weights);
    }

    @Override
    public void restore(StateReader in) throws IOException {
        step = in.number("step");
        in.floats("weights", weights);
    }
}
