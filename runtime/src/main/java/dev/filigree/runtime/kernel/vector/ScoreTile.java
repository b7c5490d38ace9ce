package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;

/** Attention scores {@code q k} of two vectors of queries and four neighbouring keys of a panel. */
final class ScoreTile {
    private ScoreTile() {}

    /**
     * Writes four rows of scores, each {@link Panels#WIDTH} after the other.
     *
     * @param q queries, feature {@code i} at {@code qAt + 16 i}
     * @param k keys, feature {@code i} of the four keys at {@code kAt + 16 i}
     * @param width features of a head
     */
    static void four(float[] q, int qAt, float[] k, int kAt, int width, float[] scores, int at) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        for (int i = 0; i < width; i++) {
            FloatVector q0 = load(q, qAt + i * Panels.WIDTH);
            FloatVector q1 = load(q, qAt + i * Panels.WIDTH + COUNT);
            FloatVector key = broadcast(k[kAt + i * Panels.WIDTH]);
            a0 = key.fma(q0, a0);
            a1 = key.fma(q1, a1);
            key = broadcast(k[kAt + i * Panels.WIDTH + 1]);
            b0 = key.fma(q0, b0);
            b1 = key.fma(q1, b1);
            key = broadcast(k[kAt + i * Panels.WIDTH + 2]);
            c0 = key.fma(q0, c0);
            c1 = key.fma(q1, c1);
            key = broadcast(k[kAt + i * Panels.WIDTH + 3]);
            d0 = key.fma(q0, d0);
            d1 = key.fma(q1, d1);
        }
        a0.intoArray(scores, at);
        a1.intoArray(scores, at + COUNT);
        b0.intoArray(scores, at + Panels.WIDTH);
        b1.intoArray(scores, at + Panels.WIDTH + COUNT);
        c0.intoArray(scores, at + 2 * Panels.WIDTH);
        c1.intoArray(scores, at + 2 * Panels.WIDTH + COUNT);
        d0.intoArray(scores, at + 3 * Panels.WIDTH);
        d1.intoArray(scores, at + 3 * Panels.WIDTH + COUNT);
    }
}
