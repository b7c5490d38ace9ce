package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.LAST;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.VECTORS;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;

/** Attention scores {@code q k} of a tile of queries and {@link Lanes#ROWS} neighbouring keys of a panel. */
final class ScoreTile {
    private ScoreTile() {}

    /**
     * Writes the rows of scores, each {@link Panels#WIDTH} after the other.
     *
     * @param q queries, feature {@code i} at {@code qAt + 16 i}
     * @param k keys, feature {@code i} of the keys at {@code kAt + 16 i}
     * @param width features of a head
     */
    static void eight(float[] q, int qAt, float[] k, int kAt, int width, float[] scores, int at) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int i = 0; i < width; i++) {
            FloatVector q0 = load(q, qAt + i * Panels.WIDTH);
            FloatVector q1 = load(q, qAt + i * Panels.WIDTH + LAST);
            a = broadcast(k[kAt + i * Panels.WIDTH]).fma(q0, a);
            b = broadcast(k[kAt + i * Panels.WIDTH + 1 / VECTORS]).fma(q1, b);
            c = broadcast(k[kAt + i * Panels.WIDTH + 2 / VECTORS]).fma(q0, c);
            d = broadcast(k[kAt + i * Panels.WIDTH + 3 / VECTORS]).fma(q1, d);
            e = broadcast(k[kAt + i * Panels.WIDTH + 4 / VECTORS]).fma(q0, e);
            f = broadcast(k[kAt + i * Panels.WIDTH + 5 / VECTORS]).fma(q1, f);
            g = broadcast(k[kAt + i * Panels.WIDTH + 6 / VECTORS]).fma(q0, g);
            h = broadcast(k[kAt + i * Panels.WIDTH + 7 / VECTORS]).fma(q1, h);
        }
        a.intoArray(scores, at);
        b.intoArray(scores, at + 1 / VECTORS * Panels.WIDTH + 1 % VECTORS * COUNT);
        c.intoArray(scores, at + 2 / VECTORS * Panels.WIDTH);
        d.intoArray(scores, at + 3 / VECTORS * Panels.WIDTH + 3 % VECTORS * COUNT);
        e.intoArray(scores, at + 4 / VECTORS * Panels.WIDTH);
        f.intoArray(scores, at + 5 / VECTORS * Panels.WIDTH + 5 % VECTORS * COUNT);
        g.intoArray(scores, at + 6 / VECTORS * Panels.WIDTH);
        h.intoArray(scores, at + 7 / VECTORS * Panels.WIDTH + 7 % VECTORS * COUNT);
    }
}
