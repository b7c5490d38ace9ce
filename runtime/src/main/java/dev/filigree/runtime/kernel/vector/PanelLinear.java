package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.broadcast;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.format.Linear;

/**
 * A linear layer on panels, dense or pattern-sparse, with bias and epilogue. Immutable and thread-safe.
 *
 * <p>The loops, from the outside: a chunk of rows whose weights fit the second-level cache; the panels; steps through the inputs, so that
 * the panel's part stays in the first-level cache; the units of rows. Each output is summed up in the order of the inputs, whatever the
 * chunking and the share, so the bits do not depend on them.
 */
final class PanelLinear {
    /** What happens to the product. */
    enum Epilogue {
        /** {@code y = W x + b}. */
        STORE,
        /** {@code y = GELU(W x + b)}. */
        GELU,
        /** {@code y += W x + b}: the residual is already in y. */
        ADD
    }

    /** Weights of a chunk, 256 KiB. */
    private static final int CHUNK = 1 << 16;

    private final PackedWeights packed;
    private final float[] bias;

    PanelLinear(Linear linear) {
        packed = PackedWeights.of(linear.weight());
        int[] rowOffsets = packed.rowOffsets();
        bias = new float[rowOffsets.length];
        for (int row = 0; row < bias.length; row++) {
            bias[row] = linear.bias()[rowOffsets[row] / Panels.WIDTH];
        }
    }

    /** Width of the outputs. */
    int outputs() {
        return packed.rows();
    }

    /**
     * Computes this share of the outputs.
     *
     * @param x panels of inputs
     * @param y panels of outputs
     */
    void apply(float[] x, float[] y, int panels, Epilogue epilogue, Share share) {
        int units = packed.units().length - 1;
        int unitsPerChunk = Math.max(1, CHUNK / (4 * packed.kept()));
        int end = share.to(units);
        for (int from = share.from(units); from < end; from += unitsPerChunk) {
            int to = Math.min(end, from + unitsPerChunk);
            for (int panel = 0; panel < panels; panel++) {
                int xAt = panel * packed.columns() * Panels.WIDTH;
                int yAt = panel * packed.rows() * Panels.WIDTH;
                begin(y, yAt, from, to, epilogue);
                if (packed.offsets().length == 0) {
                    dense(x, xAt, y, yAt, from, to);
                } else {
                    sparse(x, xAt, y, yAt, from, to);
                }
                if (epilogue == Epilogue.GELU) {
                    gelu(y, yAt, from, to);
                }
            }
        }
    }

    private void begin(float[] y, int yAt, int from, int to, Epilogue epilogue) {
        int[] rowOffsets = packed.rowOffsets();
        for (int row = packed.units()[from]; row < packed.units()[to]; row++) {
            int at = yAt + rowOffsets[row];
            for (int lane = at; lane < at + Panels.WIDTH; lane += COUNT) {
                if (epilogue == Epilogue.ADD) {
                    load(y, lane).add(bias[row]).intoArray(y, lane);
                } else {
                    broadcast(bias[row]).intoArray(y, lane);
                }
            }
        }
    }

    private void dense(float[] x, int xAt, float[] y, int yAt, int from, int to) {
        int kept = packed.kept();
        int[] units = packed.units();
        int[] rowOffsets = packed.rowOffsets();
        float[] w = packed.weights();
        for (int k = 0; k < kept; k += packed.keptPerStep()) {
            int count = Math.min(packed.keptPerStep(), kept - k);
            for (int unit = from; unit < to; unit++) {
                int row = units[unit];
                boolean four = units[unit + 1] - row == 4;
                int wAt = row * kept + (four ? 4 * k : k);
                for (int lane = 0; lane < Panels.WIDTH; lane += 2 * COUNT) {
                    int xk = xAt + k * Panels.WIDTH + lane;
                    int at = yAt + lane;
                    if (four) {
                        DenseTile.four(x, xk, w, wAt, count, y, at + rowOffsets[row], at + rowOffsets[row + 1], at + rowOffsets[row + 2],
                                at + rowOffsets[row + 3]);
                    } else {
                        DenseTile.one(x, xk, w, wAt, count, y, at + rowOffsets[row]);
                    }
                }
            }
        }
    }

    private void sparse(float[] x, int xAt, float[] y, int yAt, int from, int to) {
        int kept = packed.kept();
        int[] units = packed.units();
        int[] offsets = packed.offsets();
        int[] rowOffsets = packed.rowOffsets();
        float[] w = packed.weights();
        for (int k = 0; k < kept; k += packed.keptPerStep()) {
            int count = Math.min(packed.keptPerStep(), kept - k);
            for (int unit = from; unit < to; unit++) {
                int row = units[unit];
                boolean four = units[unit + 1] - row == 4;
                int wAt = row * kept + (four ? 4 * k : k);
                int offsetsAt = row / packed.v() * kept + k;
                for (int lane = 0; lane < Panels.WIDTH; lane += 2 * COUNT) {
                    int at = yAt + lane;
                    if (four) {
                        PatternTile.four(x, xAt + lane, offsets, offsetsAt, w, wAt, count, y, at + rowOffsets[row],
                                at + rowOffsets[row + 1], at + rowOffsets[row + 2], at + rowOffsets[row + 3]);
                    } else {
                        PatternTile.one(x, xAt + lane, offsets, offsetsAt, w, wAt, count, y, at + rowOffsets[row]);
                    }
                }
            }
        }
    }

    private void gelu(float[] y, int yAt, int from, int to) {
        int[] rowOffsets = packed.rowOffsets();
        for (int row = packed.units()[from]; row < packed.units()[to]; row++) {
            Gelu.apply(y, yAt + rowOffsets[row]);
        }
    }
}
