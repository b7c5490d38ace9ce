package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.LAST;
import static dev.filigree.runtime.kernel.vector.Lanes.ROWS;
import static dev.filigree.runtime.kernel.vector.Lanes.SPECIES;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.VECTORS;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@code W x} over consecutive inputs: each x vector is loaded once and shared by the rows, each weight is broadcast
 * to all vectors of tokens. A tile is four rows by two vectors or, where a vector holds a panel, eight rows by one. One text says both, its
 * sums in the order of rows and then vectors; C2 drops what it says twice.
 *
 * <p>Tried on AVX2 (16 registers): 4 rows by 2 vectors runs at the peak of the FMA units; 6 by 2 spills and halves the speed; 8 by 1 is
 * bound by its loads. Tried on AVX-512 (Zen 4): 8 by 1 runs at 0.98 of the peak, 16 by 1 no faster, 4 by 2 of two panels at 0.95.
 */
final class DenseTile {
    private DenseTile() {}

    /**
     * Eight sums, those of {@link Lanes#ROWS} rows.
     *
     * @param x inputs, {@code [count][TILE]}
     * @param w weights, {@code [count][ROWS]} from {@code wAt} on
     * @param sums receives {@code [ROWS][TILE]}
     */
    static void eight(float[] x, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int i = 0; i < count; i++) {
            int at = i * TILE;
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
    static void four(float[] x, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int i = 0; i < count; i++) {
            int at = i * TILE;
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
    static void one(float[] x, float[] w, int wAt, int count, float[] sums) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        for (int i = 0; i < count; i++) {
            int at = i * TILE;
            FloatVector weight = broadcast(w[wAt + i]);
            a = weight.fma(load(x, at), a);
            b = weight.fma(load(x, at + LAST), b);
        }
        a.intoArray(sums, 0);
        b.intoArray(sums, LAST);
    }
}
