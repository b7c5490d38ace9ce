package dev.filigree.pruner.secondorder;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Sums over runs of doubles, by the Vector API. */
final class Vectors {
    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private Vectors() {}

    /** The scalar product of {@code x[x0 ..]} and {@code y[y0 ..]}. */
    static double dot(double[] x, int x0, double[] y, int y0, int count) {
        DoubleVector even = DoubleVector.zero(SPECIES);
        DoubleVector odd = even;
        int k = 0;
        for (; k + 2 * LANES <= count; k += 2 * LANES) {
            even = DoubleVector.fromArray(SPECIES, x, x0 + k).fma(DoubleVector.fromArray(SPECIES, y, y0 + k), even);
            odd = DoubleVector.fromArray(SPECIES, x, x0 + k + LANES).fma(DoubleVector.fromArray(SPECIES, y, y0 + k + LANES), odd);
        }
        double sum = even.add(odd).reduceLanes(VectorOperators.ADD);
        for (; k < count; k++) {
            sum += x[x0 + k] * y[y0 + k];
        }
        return sum;
    }

    /** {@code x += factor y}. */
    static void addMultiple(double[] x, int x0, double[] y, int y0, double factor, int count) {
        DoubleVector factors = DoubleVector.broadcast(SPECIES, factor);
        int k = 0;
        for (; k + LANES <= count; k += LANES) {
            factors.fma(DoubleVector.fromArray(SPECIES, y, y0 + k), DoubleVector.fromArray(SPECIES, x, x0 + k)).intoArray(x, x0 + k);
        }
        for (; k < count; k++) {
            x[x0 + k] += factor * y[y0 + k];
        }
    }

    /** {@code x += a y + b z}, y and z from their start. */
    static void addMultiples(double[] x, int x0, double[] y, double a, double[] z, double b, int count) {
        DoubleVector first = DoubleVector.broadcast(SPECIES, a);
        DoubleVector second = DoubleVector.broadcast(SPECIES, b);
        int k = 0;
        for (; k + LANES <= count; k += LANES) {
            DoubleVector sum = first.fma(DoubleVector.fromArray(SPECIES, y, k), DoubleVector.fromArray(SPECIES, x, x0 + k));
            second.fma(DoubleVector.fromArray(SPECIES, z, k), sum).intoArray(x, x0 + k);
        }
        for (; k < count; k++) {
            x[x0 + k] += a * y[k] + b * z[k];
        }
    }
}
