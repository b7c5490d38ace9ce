package dev.filigree.runtime.kernel.vector;

import static dev.filigree.runtime.kernel.vector.Lanes.COUNT;
import static dev.filigree.runtime.kernel.vector.Lanes.ROWS;
import static dev.filigree.runtime.kernel.vector.Lanes.TILE;
import static dev.filigree.runtime.kernel.vector.Lanes.VECTORS;
import static dev.filigree.runtime.kernel.vector.Lanes.load;

import dev.filigree.format.Linear;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;

/**
 * A linear layer on panels, dense or pattern-sparse, with bias and epilogue. Immutable and thread-safe.
 *
 * <p>The loops, from the outside: a chunk of rows whose weights fit the second-level cache; the panels; steps through the inputs, so that
 * the panel's part stays in the first-level cache; the units of rows. Each output is summed up step by step in the order of the inputs,
 * whatever the chunk and the portion, so the bits do not depend on them.
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

    /** Room for one worker. */
    static final class Scratch {
        /** The inputs of a step for one tile of tokens, {@code [inputs][TILE]}. */
        private final float[] inputs = new float[PackedWeights.STEP * TILE];
        /** What a tile computes, {@code [rows][TILE]}. */
        private final float[] sums = new float[ROWS * TILE];
    }

    /**
     * Computes a worker's portion.
     *
     * @param x panels of inputs
     * @param y panels of outputs
     */
    void apply(float[] x, float[] y, Portion portion, Epilogue epilogue, Scratch scratch) {
        int units = packed.units().length - 1;
        // Weights that only one tile reads need not stay in the cache, and stream best in one go.
        int unitsPerChunk = portion.panels() * Panels.WIDTH <= TILE ? units : Math.max(1, CHUNK / (ROWS * packed.kept()));
        int end = portion.share().to(units);
        for (int from = portion.share().from(units); from < end; from += unitsPerChunk) {
            int to = Math.min(end, from + unitsPerChunk);
            for (int panel = portion.from(); panel < portion.to(); panel++) {
                for (int lane = 0; lane < Panels.WIDTH; lane += TILE) {
                    int xAt = panel * packed.columns() * Panels.WIDTH + lane;
                    int yAt = panel * packed.rows() * Panels.WIDTH + lane;
                    for (int column = 0; column < packed.columns(); column += packed.columnsPerStep()) {
                        step(x, xAt, column, y, yAt, from, to, epilogue, scratch);
                    }
                }
            }
        }
    }

    /** One step through the inputs, for one tile of tokens and the units of a chunk. */
    private void step(float[] x, int xAt, int column, float[] y, int yAt, int from, int to, Epilogue epilogue, Scratch scratch) {
        int columns = Math.min(packed.columnsPerStep(), packed.columns() - column);
        copy(x, xAt + column * Panels.WIDTH, columns, scratch.inputs);
        boolean last = column + columns == packed.columns();
        int kept = packed.kept();
        int k = column / packed.columnsPerStep() * packed.keptPerStep();
        int count = Math.min(packed.keptPerStep(), kept - k);
        int[] units = packed.units();
        for (int unit = from; unit < to; unit++) {
            int row = units[unit];
            int rows = units[unit + 1] - row;
            multiply(row, rows, packed.rows() * k + row * count, k, count, scratch);
            for (int i = 0; i < rows; i++) {
                int at = yAt + packed.rowOffsets()[row + i];
                if (column > 0) {
                    add(scratch.sums, i * TILE, 0f, y, at);
                } else if (epilogue == Epilogue.ADD) {
                    add(scratch.sums, i * TILE, bias[row + i], y, at);
                } else {
                    store(scratch.sums, i * TILE, bias[row + i], y, at);
                }
            }
        }
        if (last && epilogue == Epilogue.GELU) {
            Gelu.apply(y, yAt, packed.rowOffsets(), units[from], units[to]);
        }
    }

    private static void copy(float[] x, int xAt, int columns, float[] inputs) {
        if (TILE == Panels.WIDTH) {
            System.arraycopy(x, xAt, inputs, 0, columns * TILE);
        } else {
            for (int i = 0; i < columns; i++) {
                System.arraycopy(x, xAt + i * Panels.WIDTH, inputs, i * TILE, TILE);
            }
        }
    }

    private void multiply(int row, int rows, int wAt, int k, int count, Scratch scratch) {
        float[] weights = packed.weights();
        int[] offsets = packed.offsets();
        if (offsets.length == 0) {
            if (rows == ROWS) {
                DenseTile.eight(scratch.inputs, weights, wAt, count, scratch.sums);
            } else if (rows == ROWS / 2) {
                DenseTile.four(scratch.inputs, weights, wAt, count, scratch.sums);
            } else {
                DenseTile.one(scratch.inputs, weights, wAt, count, scratch.sums);
            }
        } else {
            int offsetsAt = row / packed.v() * packed.kept() + k;
            if (rows == ROWS) {
                PatternTile.eight(scratch.inputs, offsets, offsetsAt, weights, wAt, count, scratch.sums);
            } else if (rows == ROWS / 2) {
                PatternTile.four(scratch.inputs, offsets, offsetsAt, weights, wAt, count, scratch.sums);
            } else {
                PatternTile.one(scratch.inputs, offsets, offsetsAt, weights, wAt, count, scratch.sums);
            }
        }
    }

    private static void store(float[] sums, int from, float bias, float[] y, int at) {
        load(sums, from).add(bias).intoArray(y, at);
        if (VECTORS == 2) {
            load(sums, from + COUNT).add(bias).intoArray(y, at + COUNT);
        }
    }

    private static void add(float[] sums, int from, float bias, float[] y, int at) {
        load(sums, from).add(bias).add(load(y, at)).intoArray(y, at);
        if (VECTORS == 2) {
            load(sums, from + COUNT).add(bias).add(load(y, at + COUNT)).intoArray(y, at + COUNT);
        }
    }
}
