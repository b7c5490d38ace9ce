package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.LAST;
import static dev.filigree.runtime.kernel.vector.Lanes.ROWS;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.VECTORS;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@code W x} over the kept inputs of a pattern block: as {@link DenseTile}, but which input comes next is read from a
 * stream of offsets that the rows of the block share.
 *
 * <p>What decides the speed here is how many general registers the loop needs, since each x load is checked against the bounds of its
 * array: with the panel copied to the start of an array of its own, the sums in an array of their own and a bound on the count (C2 then
 * drops the outer loop that it puts around long loops) nothing spills. That is worth 1.5 times; unrolling by two brings nothing more, by
 * four exceeds what C2 inlines and collapses.
 */
final class PatternTile {
    /** The most kept inputs of a call; C2 strip-mines loops that may take more than a thousand rounds. */
    static final int MOST = 1000;

    private PatternTile() {}

    /**
     * Eight sums, those of {@link Lanes#ROWS} rows.
     *
     * @param x inputs, {@code [inputs][TILE]}
     * @param offsets where the kept inputs stand in {@code x}, from {@code offsetsAt} on
     * @param w weights, {@code [count][ROWS]} from {@code wAt} on
     * @param count kept inputs, at most {@value #MOST}
     * @param sums receives {@code [ROWS][TILE]}
     */
    static void eight(float[] x, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        int bounded = Math.min(count, MOST);
        for (int i = 0; i < bounded; i++) {
            int at = offsets[offsetsAt + i];
            FloatVector x0 = load(x, at);
            FloatVector x1 = load(x, at + LAST);
            int k = wAt + i * ROWS;
            a = broadcast(w[k]).fma(x0, a);
            b = broadcast(w[k + 1 / VECTORS]).fma(x1, b);
            c = broadcast(w[k + 2 / VECTORS]).fma(x0, c);
            d = broadcast(w[k + 3 / VECTORS]).fma(x1, d);
            e = broadcast(w[k + 4 / VECTORS]).fma(x0, e);
            f = broadcast(w[k + 5 / VECTORS]).fma(x1, f);
            g = broadcast(w[k + 6 / VECTORS]).fma(x0, g);
            h = broadcast(w[k + 7 / VECTORS]).fma(x1, h);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, COUNT);
        c.intoArray(sums, 2 * COUNT);
        d.intoArray(sums, 3 * COUNT);
        e.intoArray(sums, 4 * COUNT);
        f.intoArray(sums, 5 * COUNT);
        g.intoArray(sums, 6 * COUNT);
        h.intoArray(sums, 7 * COUNT);
    }

    /** Four sums, of half as many rows, for those that are left over. */
    static void four(float[] x, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int bounded = Math.min(count, MOST);
        for (int i = 0; i < bounded; i++) {
            int at = offsets[offsetsAt + i];
            FloatVector x0 = load(x, at);
            FloatVector x1 = load(x, at + LAST);
            int k = wAt + i * ROWS / 2;
            a = broadcast(w[k]).fma(x0, a);
            b = broadcast(w[k + 1 / VECTORS]).fma(x1, b);
            c = broadcast(w[k + 2 / VECTORS]).fma(x0, c);
            d = broadcast(w[k + 3 / VECTORS]).fma(x1, d);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, COUNT);
        c.intoArray(sums, 2 * COUNT);
        d.intoArray(sums, 3 * COUNT);
    }

    /** One row, for those that are left over then: weights {@code [count]}, sums {@code [TILE]}. */
    static void one(float[] x, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        int bounded = Math.min(count, MOST);
        for (int i = 0; i < bounded; i++) {
            int at = offsets[offsetsAt + i];
            FloatVector weight = broadcast(w[wAt + i]);
            a = weight.fma(load(x, at), a);
            b = weight.fma(load(x, at + LAST), b);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, LAST);
    }
}
