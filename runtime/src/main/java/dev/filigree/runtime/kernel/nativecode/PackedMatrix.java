package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
 * @param codes int8 codes as they are stored, {@code [rows][kept]} without what makes kept even, empty for fp32: C lays them out
 * @param blockRows rows of a block
 * @param scales of the codes, {@code [tiles * tile]}
 * @param outputs the output of each row of a tile, -1 for those that only fill it up, {@code [tiles * tile]}
 */
record PackedMatrix(
        int rows,
        int columns,
        int tile,
        int tilesPerBlock,
        int kept,
        int[] inputs,
        float[] values,
        MemorySegment codes,
        int blockRows,
        float[] scales,
        int[] outputs) {
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
        float[] laidScales = new float[int8 ? padded : 0];
        int[] laidOutputs = new int[padded];
        Arrays.fill(laidOutputs, -1);
        for (int block = 0; block < inputs.length; block++) {
            System.arraycopy(inputs[block], 0, laidInputs, block * kept, stored);
            // A short last group may keep inputs beyond the last column, and an odd number of codes is filled up: both weigh nothing.
            Arrays.fill(laidInputs, block * kept + stored, (block + 1) * kept, source.columns() - 1);
            for (int i = block * kept + stored - 1; i >= block * kept && laidInputs[i] >= source.columns(); i--) {
                laidInputs[i] = source.columns() - 1;
            }
            for (int row = block * source.blockRows(); row < Math.min((block + 1) * source.blockRows(), source.rows()); row++) {
                int at = block * tilesPerBlock * tile + row - block * source.blockRows();
                int tileStart = (at - at % tile) * kept;
                laidOutputs[at] = source.outputs()[row];
                if (int8) {
                    laidScales[at] = source.scales()[row];
                } else {
                    for (int i = 0; i < stored; i++) {
                        values[tileStart + i * tile + at % tile] = source.weights()[row * stored + i];
                    }
                }
            }
        }
        return new PackedMatrix(
                source.rows(), source.columns(), tile, tilesPerBlock, kept, laidInputs, values, source.codes(), source.blockRows(),
                laidScales, laidOutputs);
    }

    private NativeWeight toNative(float[] bias, int pitch, Arena arena) {
        boolean int8 = codes.byteSize() > 0;
        int blocks = inputs.length / kept;
        MemorySegment weights = int8 ? Memory.bytes(arena, (long) outputs.length * kept * Short.BYTES) : Memory.of(arena, values);
        int limit = int8 ? layCodes(weights) : 0;
        var matrix = new Struct()
                .with(rows).with(pitch).with(columns).with(tile).with(tilesPerBlock).with(blocks).with(kept)
                .with(Memory.of(arena, inputs))
                .with(weights)
                .with(Memory.of(arena, scales))
                .with(Memory.of(arena, byOutput(bias, outputs)))
                .with(Memory.of(arena, outputs))
                .allocate(arena);
        return new NativeWeight(matrix, int8, blocks, limit, int8 ? (long) kept * Panels.WIDTH * Short.BYTES : 0);
    }

    /**
     * Lays the codes out as {@code [tiles][kept / 2][tile][2]}: in C, since every weight of a model comes by while it is opened.
     *
     * @return the largest code of an activation: 16 bits, or less where a sum of products could leave 32
     */
    private int layCodes(MemorySegment laid) {
        try (Arena own = Arena.ofConfined()) {
            int largestSum = NativeCalls.layPairs(
                    Memory.bytes(own, codes.byteSize()).copyFrom(codes).address(), laid.address(), rows,
                    (int) (codes.byteSize() / rows), blockRows, tile);
            return Math.min(Short.MAX_VALUE, Integer.MAX_VALUE / Math.max(1, largestSum));
        }
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
