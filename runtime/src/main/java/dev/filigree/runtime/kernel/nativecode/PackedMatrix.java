package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * A weight cut into blocks of rows that keep the same inputs and tiles of rows within a block, on the heap: {@code fg_matrix}, for fp32
 * weights and for INT8 ones that meet 16-bit codes. Exactly one of {@code values} and {@code codes} holds the weights.
 *
 * @param rows outputs
 * @param columns inputs
 * @param tile rows of a tile
 * @param tilesPerBlock tiles of a block
 * @param kept inputs a block keeps; even for codes
 * @param inputs {@code [blocks][kept]}
 * @param values fp32 weights {@code [tiles][kept][tile]}, empty for int8
 * @param codes int8 codes {@code [tiles][kept / 2][tile][2]}, empty for fp32
 * @param scales of the codes, {@code [tiles * tile]}
 * @param outputs the output of each row of a tile, -1 for those that only fill it up, {@code [tiles * tile]}
 * @param largestCodeSum the largest sum of the magnitudes of a row's codes: what bounds a sum of products
 */
record PackedMatrix(
        int rows,
        int columns,
        int tile,
        int tilesPerBlock,
        int kept,
        int[] inputs,
        float[] values,
        short[] codes,
        float[] scales,
        int[] outputs,
        int largestCodeSum) {
    /** Blocks of fewer rows are run as dense ones: picking their inputs would cost more than the products they save. */
    private static final int LEAST_ROWS = 4;

    /** Rows of a dense matrix that are taken together: enough to make picking the inputs cheap, few enough to share them out. */
    private static final int DENSE_BLOCK = 32;

    /** Lays a weight out for tiles of at most {@code widestTile} rows. */
    static NativeWeight nativeWeight(Matrix matrix, float[] bias, int pitch, int widestTile, Arena arena) {
        return of(matrix, widestTile).toNative(bias, pitch, arena);
    }

    /** Lays a matrix out for tiles of at most {@code widestTile} rows. */
    static PackedMatrix of(Matrix matrix, int widestTile) {
        boolean followed = matrix instanceof SparseMatrix sparse && sparse.sparsity().v() >= LEAST_ROWS;
        RowBlocks blocks = followed ? RowBlocks.of(matrix, DENSE_BLOCK) : RowBlocks.expanded(matrix, DENSE_BLOCK);
        int tile = LEAST_ROWS;
        while (tile < widestTile && blocks.blockRows() % (2 * tile) == 0) {
            tile *= 2;
        }
        return pack(blocks, tile);
    }

    private static PackedMatrix pack(RowBlocks source, int tile) {
        boolean int8 = source.int8();
        int[][] inputs = source.inputs();
        int stored = source.kept();
        int kept = int8 ? stored + stored % 2 : stored;
        int tilesPerBlock = Math.ceilDiv(source.blockRows(), tile);
        int padded = Math.multiplyExact(inputs.length, tilesPerBlock * tile);
        int[] laidInputs = new int[Math.multiplyExact(inputs.length, kept)];
        float[] values = new float[int8 ? 0 : Math.multiplyExact(padded, kept)];
        short[] codes = new short[int8 ? Math.multiplyExact(padded, kept) : 0];
        float[] laidScales = new float[int8 ? padded : 0];
        int[] laidOutputs = new int[padded];
        Arrays.fill(laidOutputs, -1);
        int largestCodeSum = 0;
        for (int block = 0; block < inputs.length; block++) {
            for (int i = 0; i < kept; i++) {
                // A short last group may keep inputs beyond the last column, and an odd number of codes is filled up: both weigh nothing.
                laidInputs[block * kept + i] = Math.min(inputs[block][Math.min(i, stored - 1)], source.columns() - 1);
            }
            for (int row = block * source.blockRows(); row < Math.min((block + 1) * source.blockRows(), source.rows()); row++) {
                int at = block * tilesPerBlock * tile + row - block * source.blockRows();
                int tileStart = (at - at % tile) * kept;
                laidOutputs[at] = source.outputs()[row];
                if (int8) {
                    laidScales[at] = source.scales()[row];
                    largestCodeSum = Math.max(largestCodeSum, layCodes(source, row, codes, tileStart + at % tile * 2, 2 * tile));
                } else {
                    for (int i = 0; i < stored; i++) {
                        values[tileStart + i * tile + at % tile] = source.weights()[row * stored + i];
                    }
                }
            }
        }
        return new PackedMatrix(
                source.rows(), source.columns(), tile, tilesPerBlock, kept, laidInputs, values, codes, laidScales, laidOutputs,
                largestCodeSum);
    }

    /**
     * Lays a row's codes out in pairs, {@code pitch} apart from {@code first} on; answers the sum of their magnitudes. This loop sees every
     * weight of a model while it is opened, mostly before it is compiled, and so does as little as it can.
     */
    private static int layCodes(RowBlocks source, int row, short[] codes, int first, int pitch) {
        byte[] stored = source.codes();
        int end = (row + 1) * source.kept();
        int sum = 0;
        int at = first;
        for (int i = row * source.kept(); i < end; i += 2) {
            short code = stored[i];
            codes[at] = code;
            sum += Math.abs(code);
            if (i + 1 < end) {
                short next = stored[i + 1];
                codes[at + 1] = next;
                sum += Math.abs(next);
            }
            at += pitch;
        }
        return sum;
    }

    private NativeWeight toNative(float[] bias, int pitch, Arena arena) {
        boolean int8 = codes.length > 0;
        int blocks = inputs.length / kept;
        var matrix = new Struct()
                .with(rows).with(pitch).with(columns).with(tile).with(tilesPerBlock).with(blocks).with(kept)
                .with(Memory.of(arena, inputs))
                .with(int8 ? Memory.of(arena, codes) : Memory.of(arena, values))
                .with(Memory.of(arena, scales))
                .with(Memory.of(arena, byOutput(bias, outputs)))
                .with(Memory.of(arena, outputs))
                .allocate(arena);
        // 16 bits, or less where a sum of products could leave 32.
        int limit = (int) Math.min(Short.MAX_VALUE, Integer.MAX_VALUE / Math.max(1, largestCodeSum));
        return int8
                ? new NativeWeight(matrix, true, blocks, limit, (long) kept * Panels.WIDTH * Short.BYTES)
                : new NativeWeight(matrix, false, blocks, 0, 0);
    }

    /** The outputs' biases in the order of the rows of tiles, zero for those that only fill up. */
    static float[] byOutput(float[] bias, int[] outputs) {
        float[] laid = new float[outputs.length];
        for (int i = 0; i < laid.length; i++) {
            laid[i] = outputs[i] < 0 ? 0 : bias[outputs[i]];
        }
        return laid;
    }
}
