package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.Parallel;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The factor L of a symmetric positive definite matrix {@code A = L Lᵀ}, and solves with it, in double precision.
 *
 * <p>Everything rests on one kernel: forward substitution of four rows at once against a block of rows of L. Factoring is the same
 * operation, since row i of L is row i of A substituted forward through the rows of L before it. Rows are contiguous along the sum, so the
 * kernel keeps 4 x 3 vector sums in registers and loads seven vectors for twelve multiply-adds.
 *
 * <p>Immutable and thread-safe once made, as long as nobody writes the array it was made from.
 */
final class Cholesky {
    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int TILE_ROWS = 4;
    private static final int TILE_COLUMNS = 3;
    /** Columns substituted together: whole tiles and whole vectors, and few, because inside of a block the work is scalar. */
    private static final int BLOCK = Math.max(4 * TILE_COLUMNS, LANES * TILE_COLUMNS);
    /** Fewer rows than this are not worth a mirrored copy of the factor. */
    private static final int FEW_ROWS = 8;
    /** A pivot this far below the largest entry of the diagonal is rounding noise. */
    private static final double SMALLEST_PIVOT = 0x1p-46;

    private final double[] factor;
    private final int n;

    private Cholesky(double[] factor, int n) {
        this.factor = factor;
        this.n = n;
    }

    /**
     * Factors in place.
     *
     * @param a at least {@code n * n} values, row-major {@code [n, n]}; only the lower triangle is read, and becomes L
     * @throws ArithmeticException when the matrix is not positive definite beyond rounding
     */
    static Cholesky factor(double[] a, int n) {
        double largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, a[i * n + i]);
        }
        for (int block = 0; block < n; block += BLOCK) {
            int end = Math.min(block + BLOCK, n);
            for (int i = block; i < end; i++) {
                substitute(a, i * n, 1, n, a, n, 0, block, i);
                double pivot = a[i * n + i] - Vectors.dot(a, i * n, a, i * n, i);
                if (!(pivot > SMALLEST_PIVOT * largest)) {
                    throw new ArithmeticException("The matrix is not positive definite: pivot " + i + " of " + n + " is " + pivot + ".");
                }
                a[i * n + i] = Math.sqrt(pivot);
            }
            for (int i = end; i < n; i += TILE_ROWS) {
                substitute(a, i * n, Math.min(TILE_ROWS, n - i), n, a, n, 0, block, end);
            }
        }
        return new Cholesky(a, n);
    }

    /** Solves {@code A x = b} in place for each of {@code count} rows {@code [count, n]}, over threads, see {@link Parallel}. */
    void solveRows(double[] rows, int count) {
        Cholesky mirrored = mirrored();
        int tiles = Math.ceilDiv(count, TILE_ROWS);
        Parallel.forRanges(tiles, 1, (from, to) -> {
            double[] tile = new double[TILE_ROWS * n];
            for (int t = from; t < to; t++) {
                int first = t * TILE_ROWS;
                solveTile(mirrored, rows, first * n, Math.min(TILE_ROWS, count - first), tile);
            }
        });
    }

    /** Solves {@code A x = b} in place for a few rows, on this thread. */
    void solve(double[] rows, int offset, int count) {
        if (count < FEW_ROWS) {
            for (int i = 0; i < count; i += TILE_ROWS) {
                int tile = Math.min(TILE_ROWS, count - i);
                forward(rows, offset + i * n, tile, 0);
                backward(rows, offset + i * n, tile);
            }
            return;
        }
        Cholesky mirrored = mirrored();
        double[] tile = new double[TILE_ROWS * n];
        for (int i = 0; i < count; i += TILE_ROWS) {
            solveTile(mirrored, rows, offset + i * n, Math.min(TILE_ROWS, count - i), tile);
        }
    }

    /** Backward substitution is forward substitution with everything in reverse order, for which the quick kernel serves. */
    private void solveTile(Cholesky mirrored, double[] rows, int offset, int count, double[] reversed) {
        forward(rows, offset, count, 0);
        for (int r = 0; r < count; r++) {
            for (int i = 0; i < n; i++) {
                reversed[r * n + i] = rows[offset + r * n + n - 1 - i];
            }
        }
        mirrored.forward(reversed, 0, count, 0);
        for (int r = 0; r < count; r++) {
            for (int i = 0; i < n; i++) {
                rows[offset + r * n + i] = reversed[r * n + n - 1 - i];
            }
        }
    }

    /** The factor of which forward substitution is this one's backward substitution in reverse order: {@code Lᵀ} read from its end. */
    private Cholesky mirrored() {
        double[] mirror = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                mirror[(n - 1 - j) * n + n - 1 - i] = factor[i * n + j];
            }
        }
        return new Cholesky(mirror, n);
    }

    /** The diagonal of the inverse: entry j is the squared length of {@code L⁻¹ e_j}. */
    double[] inverseDiagonal() {
        double[] diagonal = new double[n];
        Parallel.forRanges(Math.ceilDiv(n, TILE_ROWS), 4, (from, to) -> {
            double[] rows = new double[TILE_ROWS * n];
            for (int tile = from; tile < to; tile++) {
                int first = tile * TILE_ROWS;
                int count = Math.min(TILE_ROWS, n - first);
                Arrays.fill(rows, 0);
                for (int i = 0; i < count; i++) {
                    rows[i * n + first + i] = 1;
                }
                int start = first / BLOCK * BLOCK;
                forward(rows, 0, count, start);
                for (int i = 0; i < count; i++) {
                    diagonal[first + i] = Vectors.dot(rows, i * n + start, rows, i * n + start, n - start);
                }
            }
        });
        return diagonal;
    }

    /** Rows become {@code row L⁻ᵀ}; entries before {@code start}, a multiple of BLOCK, are known to be zero. */
    private void forward(double[] rows, int offset, int count, int start) {
        for (int block = start; block < n; block += BLOCK) {
            substitute(rows, offset, count, n, factor, n, start, block, Math.min(block + BLOCK, n));
        }
    }

    /** Rows become {@code row L⁻¹}, that is {@code Lᵀ x = row} is solved. */
    private void backward(double[] rows, int offset, int count) {
        for (int i = n - 1; i >= 0; i--) {
            double inverse = 1 / factor[i * n + i];
            for (int r = 0; r < count; r++) {
                int row = offset + r * n;
                double x = rows[row + i] * inverse;
                rows[row + i] = x;
                Vectors.addMultiple(rows, row, factor, i * n, -x, i);
            }
        }
    }

    /**
     * One step of forward substitution for up to four rows: entries {@code from <= c < to} of each row, given those before.
     *
     * @param start a multiple of BLOCK before which the rows are zero
     */
    private static void substitute(
            double[] rows, int offset, int count, int stride, double[] l, int n, int start, int from, int to) {
        int c = from;
        if (count == TILE_ROWS) {
            for (; c + TILE_COLUMNS <= to; c += TILE_COLUMNS) {
                tile(rows, offset, stride, l, c * n, n, start, from, c);
            }
        }
        for (; c < to; c++) {
            for (int r = 0; r < count; r++) {
                rows[offset + r * stride + c] -= Vectors.dot(rows, offset + r * stride + start, l, c * n + start, from - start);
            }
        }
        for (c = from; c < to; c++) {
            double inverse = 1 / l[c * n + c];
            for (int r = 0; r < count; r++) {
                int row = offset + r * stride;
                double sum = rows[row + c];
                for (int k = from; k < c; k++) {
                    sum -= rows[row + k] * l[c * n + k];
                }
                rows[row + c] = sum * inverse;
            }
        }
    }

    /** Subtracts from entries {@code column .. column + 2} of four rows their products with three rows of L over {@code [from, to)}. */
    private static void tile(double[] x, int x0, int stride, double[] l, int l0, int n, int from, int to, int column) {
        int x1 = x0 + stride;
        int x2 = x1 + stride;
        int x3 = x2 + stride;
        int l1 = l0 + n;
        int l2 = l1 + n;
        DoubleVector s00 = DoubleVector.zero(SPECIES);
        DoubleVector s01 = s00;
        DoubleVector s02 = s00;
        DoubleVector s10 = s00;
        DoubleVector s11 = s00;
        DoubleVector s12 = s00;
        DoubleVector s20 = s00;
        DoubleVector s21 = s00;
        DoubleVector s22 = s00;
        DoubleVector s30 = s00;
        DoubleVector s31 = s00;
        DoubleVector s32 = s00;
        for (int k = from; k < to; k += LANES) {
            DoubleVector b0 = DoubleVector.fromArray(SPECIES, l, l0 + k);
            DoubleVector b1 = DoubleVector.fromArray(SPECIES, l, l1 + k);
            DoubleVector b2 = DoubleVector.fromArray(SPECIES, l, l2 + k);
            DoubleVector a = DoubleVector.fromArray(SPECIES, x, x0 + k);
            s00 = a.fma(b0, s00);
            s01 = a.fma(b1, s01);
            s02 = a.fma(b2, s02);
            a = DoubleVector.fromArray(SPECIES, x, x1 + k);
            s10 = a.fma(b0, s10);
            s11 = a.fma(b1, s11);
            s12 = a.fma(b2, s12);
            a = DoubleVector.fromArray(SPECIES, x, x2 + k);
            s20 = a.fma(b0, s20);
            s21 = a.fma(b1, s21);
            s22 = a.fma(b2, s22);
            a = DoubleVector.fromArray(SPECIES, x, x3 + k);
            s30 = a.fma(b0, s30);
            s31 = a.fma(b1, s31);
            s32 = a.fma(b2, s32);
        }
        subtract(x, x0 + column, s00, s01, s02);
        subtract(x, x1 + column, s10, s11, s12);
        subtract(x, x2 + column, s20, s21, s22);
        subtract(x, x3 + column, s30, s31, s32);
    }

    private static void subtract(double[] x, int at, DoubleVector s0, DoubleVector s1, DoubleVector s2) {
        x[at] -= s0.reduceLanes(VectorOperators.ADD);
        x[at + 1] -= s1.reduceLanes(VectorOperators.ADD);
        x[at + 2] -= s2.reduceLanes(VectorOperators.ADD);
    }
}
