package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Softmax over the keys for {@link Panels#WIDTH} queries side by side, left unnormalised: the sum divides the context later. */
final class Softmax {
    private Softmax() {}

    /**
     * Replaces {@code scores} by {@code exp(scale * (score - max))}.
     *
     * @param scores {@code [keys][16]} from {@code at} on
     * @param inverseSums receives one over the sum of each query's results, {@code [16]}
     */
    static void apply(float[] scores, int at, int keys, float scale, float[] inverseSums) {
        for (int lane = 0; lane < Panels.WIDTH; lane += COUNT) {
            FloatVector max = load(scores, at + lane);
            for (int key = 1; key < keys; key++) {
                FloatVector score = load(scores, at + key * Panels.WIDTH + lane);
                max = max.blend(score, score.compare(VectorOperators.GT, max));
            }
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int key = 0; key < keys; key++) {
                int index = at + key * Panels.WIDTH + lane;
                FloatVector power = Exp.exp(load(scores, index).sub(max).mul(scale));
                power.intoArray(scores, index);
                sum = sum.add(power);
            }
            broadcast(1f).div(sum).intoArray(inverseSums, lane);
        }
    }
}
