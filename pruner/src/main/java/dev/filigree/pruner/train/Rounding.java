package dev.filigree.pruner.train;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.pruner.pattern.Parallel;

/**
 * What packing does to a matrix, so that training can see it: the forward pass computes with rounded weights, and the gradient found there
 * is applied to the weights as they are (the straight-through estimator of Bengio et al. 2013, arXiv 1308.3432, as in Jacob et al. 2018,
 * arXiv 1712.05877). Thread-safe.
 */
@FunctionalInterface
public interface Rounding {
    /** Rounds row-major {@code [rows, columns]} values in place. */
    void round(float[] values, int rows, int columns);

    /** Rounds to what a file of this type gives back, bit for bit. */
    static Rounding stored(DType type) {
        return switch (type) {
            case FP32 -> (_, _, _) -> { };
            case INT8 -> Rounding::toInt8;
            case FP16, INT4 -> (values, rows, columns) ->
                    System.arraycopy(DenseMatrix.of(values, rows, columns, type).toFloats(), 0, values, 0, values.length);
        };
    }

    /** As {@link DenseMatrix} and its sparse twin store INT8, but quick enough for every step: symmetric codes, one scale a row. */
    private static void toInt8(float[] values, int rows, int columns) {
        Parallel.forRanges(rows, Math.ceilDiv(1 << 15, columns), (from, to) -> {
            for (int row = from; row < to; row++) {
                int start = row * columns;
                float max = 0;
                for (int i = start; i < start + columns; i++) {
                    max = Math.max(max, Math.abs(values[i]));
                }
                float scale = max / 127 > 0 ? max / 127 : 1;
                for (int i = start; i < start + columns; i++) {
                    double code = Math.rint(values[i] / scale);
                    // A code has no negative zero.
                    values[i] = (float) Math.max(-127, Math.min(127, code)) * scale + 0f;
                }
            }
        });
    }
}
