package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
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
     * Four rows by two vectors.
     *
     * @param x inputs, {@code [inputs][TILE]}
     * @param offsets where the kept inputs stand in {@code x}, from {@code offsetsAt} on
     * @param w weights, {@code [count][4]} from {@code wAt} on
     * @param count kept inputs, at most {@value #MOST}
     * @param sums receives {@code [4][TILE]}
     */
    static void four(float[] x, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] sums) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        int bounded = Math.min(count, MOST);
        for (int i = 0; i < bounded; i++) {
            int at = offsets[offsetsAt + i];
            FloatVector x0 = load(x, at);
            FloatVector x1 = load(x, at + COUNT);
            FloatVector weight = broadcast(w[wAt + i * 4]);
            a0 = weight.fma(x0, a0);
            a1 = weight.fma(x1, a1);
            weight = broadcast(w[wAt + i * 4 + 1]);
            b0 = weight.fma(x0, b0);
            b1 = weight.fma(x1, b1);
            weight = broadcast(w[wAt + i * 4 + 2]);
            c0 = weight.fma(x0, c0);
            c1 = weight.fma(x1, c1);
            weight = broadcast(w[wAt + i * 4 + 3]);
            d0 = weight.fma(x0, d0);
            d1 = weight.fma(x1, d1);
        }
        a0.intoArray(sums, 0);
        a1.intoArray(sums, COUNT);
        b0.intoArray(sums, TILE);
        b1.intoArray(sums, TILE + COUNT);
        c0.intoArray(sums, 2 * TILE);
        c1.intoArray(sums, 2 * TILE + COUNT);
        d0.intoArray(sums, 3 * TILE);
        d1.intoArray(sums, 3 * TILE + COUNT);
    }

    /** One row by two vectors, for the rows that four do not divide: weights {@code [count]}, sums {@code [TILE]}. */
    static void one(float[] x, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] sums) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        int bounded = Math.min(count, MOST);
        for (int i = 0; i < bounded; i++) {
            int at = offsets[offsetsAt + i];
            FloatVector weight = broadcast(w[wAt + i]);
            a0 = weight.fma(load(x, at), a0);
            a1 = weight.fma(load(x, at + COUNT), a1);
        }
        a0.intoArray(sums, 0);
        a1.intoArray(sums, COUNT);
    }
}
