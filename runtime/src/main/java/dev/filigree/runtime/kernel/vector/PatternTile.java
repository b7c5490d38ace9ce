package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of {@code y += W x} over the kept inputs of a pattern block: as {@link DenseTile}, but which input comes next is read
 * from a stream of offsets that the rows of the block share. The count of kept inputs is even.
 *
 * <p>Tried: two inputs a round are a third faster than one, because C2 does not unroll a loop whose x loads it must check against the
 * bounds one by one; four a round exceed what C2 inlines and collapse.
 */
final class PatternTile {
    private PatternTile() {}

    /**
     * Four rows by two vectors.
     *
     * @param x inputs from {@code xAt} on
     * @param offsets where the kept inputs stand relative to {@code xAt}, from {@code offsetsAt} on
     * @param w weights {@code [count][4]} from {@code wAt} on
     * @param count kept inputs, even
     * @param y outputs, the rows at {@code y0} to {@code y3}
     */
    static void four(
            float[] x, int xAt, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] y, int y0, int y1, int y2, int y3) {
        FloatVector a0 = load(y, y0);
        FloatVector a1 = load(y, y0 + COUNT);
        FloatVector b0 = load(y, y1);
        FloatVector b1 = load(y, y1 + COUNT);
        FloatVector c0 = load(y, y2);
        FloatVector c1 = load(y, y2 + COUNT);
        FloatVector d0 = load(y, y3);
        FloatVector d1 = load(y, y3 + COUNT);
        for (int i = 0; i < count; i += 2) {
            int at = xAt + offsets[offsetsAt + i];
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
            at = xAt + offsets[offsetsAt + i + 1];
            x0 = load(x, at);
            x1 = load(x, at + COUNT);
            weight = broadcast(w[wAt + i * 4 + 4]);
            a0 = weight.fma(x0, a0);
            a1 = weight.fma(x1, a1);
            weight = broadcast(w[wAt + i * 4 + 5]);
            b0 = weight.fma(x0, b0);
            b1 = weight.fma(x1, b1);
            weight = broadcast(w[wAt + i * 4 + 6]);
            c0 = weight.fma(x0, c0);
            c1 = weight.fma(x1, c1);
            weight = broadcast(w[wAt + i * 4 + 7]);
            d0 = weight.fma(x0, d0);
            d1 = weight.fma(x1, d1);
        }
        a0.intoArray(y, y0);
        a1.intoArray(y, y0 + COUNT);
        b0.intoArray(y, y1);
        b1.intoArray(y, y1 + COUNT);
        c0.intoArray(y, y2);
        c1.intoArray(y, y2 + COUNT);
        d0.intoArray(y, y3);
        d1.intoArray(y, y3 + COUNT);
    }

    /** One row by two vectors, for the rows that four do not divide; weights {@code [count]} from {@code wAt} on. */
    static void one(float[] x, int xAt, int[] offsets, int offsetsAt, float[] w, int wAt, int count, float[] y, int y0) {
        FloatVector a0 = load(y, y0);
        FloatVector a1 = load(y, y0 + COUNT);
        for (int i = 0; i < count; i++) {
            int at = xAt + offsets[offsetsAt + i];
            FloatVector weight = broadcast(w[wAt + i]);
            a0 = weight.fma(load(x, at), a0);
            a1 = weight.fma(load(x, at + COUNT), a1);
        }
        a0.intoArray(y, y0);
        a1.intoArray(y, y0 + COUNT);
    }
}
