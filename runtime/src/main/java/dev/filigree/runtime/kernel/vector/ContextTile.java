package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.LAST;
import static dev.filigree.runtime.kernel.vector.Lanes.VECTORS;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;

/** The weighted sum of values {@code v p} of a tile of queries, over neighbouring keys of one panel. */
final class ContextTile {
    private ContextTile() {}

    /**
     * Adds to {@link Lanes#ROWS} features, each {@link Panels#WIDTH} after the other.
     *
     * @param p probabilities, key {@code i} at {@code pAt + 16 i}
     * @param v values, key {@code i} at {@code vAt + i}, the next feature {@link Panels#WIDTH} further
     * @param keys number of keys
     */
    static void eight(float[] p, int pAt, float[] v, int vAt, int keys, float[] y, int at) {
        FloatVector a = load(y, at);
        FloatVector b = load(y, at + 1 / VECTORS * Panels.WIDTH + 1 % VECTORS * COUNT);
        FloatVector c = load(y, at + 2 / VECTORS * Panels.WIDTH);
        FloatVector d = load(y, at + 3 / VECTORS * Panels.WIDTH + 3 % VECTORS * COUNT);
        FloatVector e = load(y, at + 4 / VECTORS * Panels.WIDTH);
        FloatVector f = load(y, at + 5 / VECTORS * Panels.WIDTH + 5 % VECTORS * COUNT);
        FloatVector g = load(y, at + 6 / VECTORS * Panels.WIDTH);
        FloatVector h = load(y, at + 7 / VECTORS * Panels.WIDTH + 7 % VECTORS * COUNT);
        for (int i = 0; i < keys; i++) {
            FloatVector p0 = load(p, pAt + i * Panels.WIDTH);
            FloatVector p1 = load(p, pAt + i * Panels.WIDTH + LAST);
            a = broadcast(v[vAt + i]).fma(p0, a);
            b = broadcast(v[vAt + i + 1 / VECTORS * Panels.WIDTH]).fma(p1, b);
            c = broadcast(v[vAt + i + 2 / VECTORS * Panels.WIDTH]).fma(p0, c);
            d = broadcast(v[vAt + i + 3 / VECTORS * Panels.WIDTH]).fma(p1, d);
            e = broadcast(v[vAt + i + 4 / VECTORS * Panels.WIDTH]).fma(p0, e);
            f = broadcast(v[vAt + i + 5 / VECTORS * Panels.WIDTH]).fma(p1, f);
            g = broadcast(v[vAt + i + 6 / VECTORS * Panels.WIDTH]).fma(p0, g);
            h = broadcast(v[vAt + i + 7 / VECTORS * Panels.WIDTH]).fma(p1, h);
        }
        a.intoArray(y, at);
        b.intoArray(y, at + 1 / VECTORS * Panels.WIDTH + 1 % VECTORS * COUNT);
        c.intoArray(y, at + 2 / VECTORS * Panels.WIDTH);
        d.intoArray(y, at + 3 / VECTORS * Panels.WIDTH + 3 % VECTORS * COUNT);
        e.intoArray(y, at + 4 / VECTORS * Panels.WIDTH);
        f.intoArray(y, at + 5 / VECTORS * Panels.WIDTH + 5 % VECTORS * COUNT);
        g.intoArray(y, at + 6 / VECTORS * Panels.WIDTH);
        h.intoArray(y, at + 7 / VECTORS * Panels.WIDTH + 7 % VECTORS * COUNT);
    }

    /** Adds to one feature, for those that are left over. */
    static void one(float[] p, int pAt, float[] v, int vAt, int keys, float[] y, int at) {
        FloatVector a = load(y, at);
        FloatVector b = load(y, at + LAST);
        for (int i = 0; i < keys; i++) {
            FloatVector value = broadcast(v[vAt + i]);
            a = value.fma(load(p, pAt + i * Panels.WIDTH), a);
            b = value.fma(load(p, pAt + i * Panels.WIDTH + LAST), b);
        }
        a.intoArray(y, at);
        b.intoArray(y, at + LAST);
    }
}
