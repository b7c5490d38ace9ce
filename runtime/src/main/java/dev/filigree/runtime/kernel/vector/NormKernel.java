package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.format.LayerNorm;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import jdk.incubator.vector.FloatVector;

/** LayerNorm over the features of every token of a panel, in place: mean, variance around it, scale and shift (Ba et al. 2016). */
final class NormKernel {
    private final float[] gamma;
    private final float[] beta;
    private final float epsilon;

    NormKernel(LayerNorm norm, float epsilon) {
        this.gamma = norm.gamma().clone();
        this.beta = norm.beta().clone();
        this.epsilon = epsilon;
    }

    /** Normalises a worker's portion, of each panel a share of the tokens. */
    void apply(float[] x, Portion portion) {
        int vectors = Panels.WIDTH / COUNT;
        int items = portion.panels() * vectors;
        for (int item = portion.share().from(items); item < portion.share().to(items); item++) {
            int panel = portion.from() + item / vectors;
            normalise(x, panel * gamma.length * Panels.WIDTH + item % vectors * COUNT);
        }
    }

    private void normalise(float[] x, int at) {
        int features = gamma.length;
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = 0; i < features; i++) {
            sum = sum.add(load(x, at + i * Panels.WIDTH));
        }
        FloatVector mean = sum.div(features);
        FloatVector squares = FloatVector.zero(SPECIES);
        for (int i = 0; i < features; i++) {
            FloatVector centred = load(x, at + i * Panels.WIDTH).sub(mean);
            squares = centred.fma(centred, squares);
        }
        FloatVector scale = broadcast(1f).div(squares.div(features).add(epsilon).sqrt());
        for (int i = 0; i < features; i++) {
            FloatVector centred = load(x, at + i * Panels.WIDTH).sub(mean);
            centred.mul(scale).fma(broadcast(gamma[i]), broadcast(beta[i])).intoArray(x, at + i * Panels.WIDTH);
        }
    }
}
