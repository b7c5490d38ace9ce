package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@code W x} over consecutive inputs: each x vector is loaded once and shared by the rows, each weight is broadcast
 * to both vectors of tokens.
 *
 * <p>Tried on AVX2 (16 registers): 4 rows by 2 vectors runs at the peak of the FMA units; 6 by 2 spills and halves the speed; 8 by 1 is
 * bound by its loads.
 */
final class DenseTile {
    private DenseTile() {}

    /**
     * Four rows by two vectors.
     *
     * @param x inputs, {@code [count][TILE]}
     * @param w weights, {@code [count][4]} from {@code wAt} on
     * @param sums receives {@code [4][TILE]}
     */
    static void four(float[] x, float[] w, int wAt, int count, float[] sums) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        for (int i = 0; i < count; i++) {
            FloatVector x0 = load(x, i * TILE);
            FloatVector x1 = load(x, i * TILE + COUNT);
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
    static void one(float[] x, float[] w, int wAt, int count, float[] sums) {
        FloatVector a0 = FloatVector.zero(SPECIES);
        FloatVector a1 = a0;
        for (int i = 0; i < count; i++) {
            FloatVector weight = broadcast(w[wAt + i]);
            a0 = weight.fma(load(x, i * TILE), a0);
            a1 = weight.fma(load(x, i * TILE + COUNT), a1);
        }
        a0.intoArray(sums, 0);
        a1.intoArray(sums, COUNT);
    }
}
