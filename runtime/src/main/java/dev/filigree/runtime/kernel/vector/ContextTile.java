package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;

/** The weighted sum of values {@code v p} of two vectors of queries, over neighbouring keys of one panel. */
final class ContextTile {
    private ContextTile() {}

    /**
     * Adds to four features, each {@link Panels#WIDTH} after the other.
     *
     * @param p probabilities, key {@code i} at {@code pAt + 16 i}
     * @param v values, key {@code i} at {@code vAt + i}, the next feature {@link Panels#WIDTH} further
     * @param keys number of keys
     */
    static void four(float[] p, int pAt, float[] v, int vAt, int keys, float[] y, int at) {
        FloatVector a0 = load(y, at);
        FloatVector a1 = load(y, at + COUNT);
        FloatVector b0 = load(y, at + Panels.WIDTH);
        FloatVector b1 = load(y, at + Panels.WIDTH + COUNT);
        FloatVector c0 = load(y, at + 2 * Panels.WIDTH);
        FloatVector c1 = load(y, at + 2 * Panels.WIDTH + COUNT);
        FloatVector d0 = load(y, at + 3 * Panels.WIDTH);
        FloatVector d1 = load(y, at + 3 * Panels.WIDTH + COUNT);
        for (int i = 0; i < keys; i++) {
            FloatVector p0 = load(p, pAt + i * Panels.WIDTH);
            FloatVector p1 = load(p, pAt + i * Panels.WIDTH + COUNT);
            FloatVector value = broadcast(v[vAt + i]);
            a0 = value.fma(p0, a0);
            a1 = value.fma(p1, a1);
            value = broadcast(v[vAt + i + Panels.WIDTH]);
            b0 = value.fma(p0, b0);
            b1 = value.fma(p1, b1);
            value = broadcast(v[vAt + i + 2 * Panels.WIDTH]);
            c0 = value.fma(p0, c0);
            c1 = value.fma(p1, c1);
            value = broadcast(v[vAt + i + 3 * Panels.WIDTH]);
            d0 = value.fma(p0, d0);
            d1 = value.fma(p1, d1);
        }
        a0.intoArray(y, at);
        a1.intoArray(y, at + COUNT);
        b0.intoArray(y, at + Panels.WIDTH);
        b1.intoArray(y, at + Panels.WIDTH + COUNT);
        c0.intoArray(y, at + 2 * Panels.WIDTH);
        c1.intoArray(y, at + 2 * Panels.WIDTH + COUNT);
        d0.intoArray(y, at + 3 * Panels.WIDTH);
        d1.intoArray(y, at + 3 * Panels.WIDTH + COUNT);
    }

    /** Adds to one feature, for those that four do not divide. */
    static void one(float[] p, int pAt, float[] v, int vAt, int keys, float[] y, int at) {
        FloatVector a0 = load(y, at);
        FloatVector a1 = load(y, at + COUNT);
        for (int i = 0; i < keys; i++) {
            FloatVector value = broadcast(v[vAt + i]);
            a0 = value.fma(load(p, pAt + i * Panels.WIDTH), a0);
            a1 = value.fma(load(p, pAt + i * Panels.WIDTH + COUNT), a1);
        }
        a0.intoArray(y, at);
        a1.intoArray(y, at + COUNT);
    }
}
