package dev.filigree.pruner.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.pruner.report.KeptInputs;
import java.util.BitSet;
import java.util.Locale;
import java.util.Optional;

/**
 * How a tensor differs between two files.
 *
 * @param name for example {@code layers.0.query.weight}
 * @param a its shape and how it is stored, for example {@code 384x384 int8 2:4@16}
 * @param b the same in the second file
 * @param values how the weights differ, where the shapes are the same
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record TensorChange(String name, String a, String b, Optional<Values> values) {
    /**
     * How the weights differ, dequantised.
     *
     * @param maxAbs largest difference of a weight
     * @param relative root of the summed squares of the differences, as a share of that of the weights of the file where it is larger
     * @param patternsDiffering share of the groups of M inputs of a row whose pattern is another, where both have the same N:M
     * @param keptOverlap weights kept by both, as a share of those kept by either, where one of them is sparse
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Values(double maxAbs, double relative, Optional<Double> patternsDiffering, Optional<Double> keptOverlap) {}

    /** Empty when both are stored alike and hold the same. */
    static Optional<TensorChange> between(String name, Matrix a, Matrix b) {
        if (a.rows() != b.rows() || a.columns() != b.columns()) {
            return Optional.of(new TensorChange(name, describe(a), describe(b), Optional.empty()));
        }
        Values plain = values(a.toFloats(), b.toFloats());
        Optional<Double> patterns = Optional.empty();
        Optional<Double> overlap = Optional.empty();
        boolean samePatterns = true;
        if (!a.sparsity().isDense() || !b.sparsity().isDense()) {
            BitSet left = KeptInputs.of(a);
            BitSet right = KeptInputs.of(b);
            samePatterns = left.equals(right);
            overlap = Optional.of(overlap(left, right));
            if (a instanceof SparseMatrix && b instanceof SparseMatrix
                    && a.sparsity().n() == b.sparsity().n() && a.sparsity().m() == b.sparsity().m()) {
                patterns = Optional.of(differing(left, right, a.rows(), a.columns(), a.sparsity().m()));
            }
        }
        if (plain.maxAbs() == 0 && samePatterns && describe(a).equals(describe(b))) {
            return Optional.empty();
        }
        return Optional.of(new TensorChange(
                name, describe(a), describe(b), Optional.of(new Values(plain.maxAbs(), plain.relative(), patterns, overlap))));
    }

    /** Empty when both hold the same. */
    static Optional<TensorChange> between(String name, float[] a, float[] b) {
        if (a.length != b.length) {
            return Optional.of(new TensorChange(name, describe(a), describe(b), Optional.empty()));
        }
        Values values = values(a, b);
        return values.maxAbs() == 0 ? Optional.empty() : Optional.of(new TensorChange(name, describe(a), describe(b), Optional.of(values)));
    }

    private static Values values(float[] a, float[] b) {
        double most = 0;
        double difference = 0;
        double left = 0;
        double right = 0;
        for (int i = 0; i < a.length; i++) {
            double gap = Math.abs((double) a[i] - b[i]);
            most = Math.max(most, gap);
            difference += gap * gap;
            left += (double) a[i] * a[i];
            right += (double) b[i] * b[i];
        }
        double relative = difference == 0 ? 0 : Math.sqrt(difference / Math.max(left, right));
        return new Values(most, relative, Optional.empty(), Optional.empty());
    }

    private static double overlap(BitSet a, BitSet b) {
        BitSet both = (BitSet) a.clone();
        both.and(b);
        BitSet either = (BitSet) a.clone();
        either.or(b);
        return (double) both.cardinality() / either.cardinality();
    }

    private static double differing(BitSet a, BitSet b, int rows, int columns, int m) {
        BitSet others = (BitSet) a.clone();
        others.xor(b);
        long groups = 0;
        for (int row = 0; row < rows; row++) {
            int end = (row + 1) * columns;
            for (int at = row * columns; at < end; at += m) {
                int next = others.nextSetBit(at);
                groups += next >= 0 && next < Math.min(at + m, end) ? 1 : 0;
            }
        }
        return (double) groups / ((long) rows * Math.ceilDiv(columns, m));
    }

    private static String describe(Matrix matrix) {
        return matrix.rows() + "x" + matrix.columns() + " " + matrix.dtype().name().toLowerCase(Locale.ROOT) + " " + matrix.sparsity();
    }

    private static String describe(float[] vector) {
        return vector.length + " fp32";
    }
}
