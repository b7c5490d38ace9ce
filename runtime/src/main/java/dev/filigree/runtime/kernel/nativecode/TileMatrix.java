package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** INT8 weights for AMX's tiles, without the zeros of a sparse one: {@code fg_tiles}. */
final class TileMatrix {
    private static final int LARGEST_CODE = 255;
    /** Rows of a tile. */
    private static final int ROWS = 16;
    /** Inputs of a tile. */
    private static final int GROUP = 64;
    /** {@code FG_BLOCK_TILES}. */
    private static final int BLOCK_TILES = 2;
    /** Inputs that share two bytes where rows are laid out in pairs. */
    private static final int FOUR = 4;
    /** What the kernel may read behind the last value. */
    private static final int SPARE_BYTES = 64;

    private final RowBlocks source;
    private final byte[] codes;
    private final int blocks;
    private final int depth;
    private final int rowsPerMask;
    /** Whether rows are laid out in pairs: where at least four keep the same inputs, half of every four. */
    private final boolean paired;
    private final long[] masks;
    private final long[] starts;
    private final byte[] values;

    private TileMatrix(RowBlocks source, Sparsity sparsity) {
        boolean dense = sparsity.isDense();
        this.source = source;
        codes = source.codeBytes();
        blocks = Math.ceilDiv(source.rows(), BLOCK_TILES * ROWS);
        depth = Math.ceilDiv(source.columns(), GROUP);
        rowsPerMask = dense ? 0 : rowsPerMask(source.blockRows());
        paired = rowsPerMask > 1 && 2 * sparsity.n() == sparsity.m() && FOUR % sparsity.m() == 0;
        masks = new long[dense ? 0 : blocks * BLOCK_TILES * depth * (ROWS / rowsPerMask)];
        starts = new long[blocks];
        values = dense ? denseValues() : paired ? pairedValues() : keptValues();
    }

    /** Lays a weight out. */
    static NativeWeight nativeWeight(Matrix matrix, float[] bias, int pitch, Arena arena) {
        return new TileMatrix(RowBlocks.of(matrix, ROWS), matrix.sparsity()).toNative(bias, pitch, arena);
    }

    /** Rows of a tile that are sure to keep the same inputs. */
    private static int rowsPerMask(int blockRows) {
        return blockRows % 16 == 0 ? 16 : blockRows % 8 == 0 ? 8 : blockRows % 4 == 0 ? 4 : 1;
    }

    private NativeWeight toNative(float[] bias, int pitch, Arena arena) {
        int padded = blocks * BLOCK_TILES * ROWS;
        float[] scales = new float[padded];
        float[] sums = new float[padded];
        int[] outputs = new int[padded];
        Arrays.fill(outputs, -1);
        for (int row = 0; row < source.rows(); row++) {
            int sum = 0;
            for (int i = 0; i < source.kept(); i++) {
                sum += code(row, i);
            }
            outputs[row] = source.outputs()[row];
            scales[row] = source.scales()[row];
            sums[row] = source.scales()[row] * sum;
        }
        var matrix = new Struct()
                .with(source.rows()).with(pitch).with(source.columns()).with(blocks).with(depth).with(rowsPerMask).with(paired ? 1 : 0)
                .with(Memory.of(arena, masks))
                .with(Memory.of(arena, starts))
                .with(Memory.of(arena, Arrays.copyOf(values, values.length + SPARE_BYTES)))
                .with(Memory.of(arena, scales))
                .with(Memory.of(arena, sums))
                .with(Memory.of(arena, PackedMatrix.byOutput(bias, outputs)))
                .with(Memory.of(arena, outputs))
                .allocate(arena);
        long scratch = rowsPerMask == 0 ? 0 : (long) BLOCK_TILES * depth * ROWS * GROUP;
        return new NativeWeight(matrix, true, blocks, LARGEST_CODE, scratch);
    }

    /** The code of a stored row for the {@code index}-th input that it keeps. */
    private byte code(int row, int index) {
        return codes[row * source.kept() + index];
    }

    private byte[] denseValues() {
        byte[] laid = new byte[Math.multiplyExact(blocks * BLOCK_TILES * ROWS, depth * GROUP)];
        for (int block = 0; block < blocks; block++) {
            starts[block] = (long) block * BLOCK_TILES * depth * ROWS * GROUP;
        }
        for (int row = 0; row < source.rows(); row++) {
            for (int i = 0; i < source.columns(); i++) {
                int tile = tile(row / ROWS, i / GROUP);
                laid[(tile * ROWS + row % ROWS) * GROUP + i % GROUP] = code(row, i);
            }
        }
        return laid;
    }

    /** The place of a tile of a group of inputs among all tiles. */
    private int tile(int rows, int group) {
        return (rows / BLOCK_TILES * depth + group) * BLOCK_TILES + rows % BLOCK_TILES;
    }

    /** Block after block, group after group, tile after tile, and in a tile row after row, what each keeps of the group's inputs. */
    private byte[] keptValues() {
        var laid = new ByteArrayOutputStream();
        for (int block = 0; block < blocks; block++) {
            starts[block] = laid.size();
            // The first input of each row that is not laid out yet, as a place among those it keeps.
            int[] from = new int[BLOCK_TILES * ROWS];
            for (int group = 0; group < depth; group++) {
                for (int r = 0; r < from.length; r++) {
                    int tile = tile(block * BLOCK_TILES + r / ROWS, group);
                    int mask = (tile * ROWS + r % ROWS) / rowsPerMask;
                    from[r] = layRow(block * from.length + r, group, from[r], mask, laid);
                }
            }
        }
        return laid.toByteArray();
    }

    /** Two bytes for each four of inputs, of two rows in turns. */
    private byte[] pairedValues() {
        int tileBytes = ROWS * GROUP / 2;
        byte[] laid = new byte[Math.multiplyExact(blocks * BLOCK_TILES * depth, tileBytes)];
        for (int block = 0; block < blocks; block++) {
            starts[block] = (long) block * BLOCK_TILES * depth * tileBytes;
        }
        for (int row = 0; row < source.rows(); row++) {
            int[] inputs = source.inputs()[row / source.blockRows()];
            for (int i = 0; i < inputs.length; i++) {
                int tile = tile(row / ROWS, inputs[i] / GROUP);
                boolean second = i > 0 && inputs[i - 1] / FOUR == inputs[i] / FOUR;
                int at = (row % ROWS / 2 * GROUP + inputs[i] % GROUP) / FOUR * FOUR + row % 2 * 2 + (second ? 1 : 0);
                laid[tile * tileBytes + at] = code(row, i);
                masks[(tile * ROWS + row % ROWS) / rowsPerMask] |= 1L << inputs[i] % GROUP;
            }
        }
        return laid;
    }

    /** What a row keeps of a group, from its {@code from}-th input on; answers where the next group starts. */
    private int layRow(int row, int group, int from, int mask, ByteArrayOutputStream laid) {
        // Rows that fill a tile up must be as long as the others of their mask.
        int model = row - row % rowsPerMask;
        if (model >= source.rows()) {
            return 0;
        }
        int[] inputs = source.inputs()[model / source.blockRows()];
        int end = Math.min((group + 1) * GROUP, source.columns());
        int to = from;
        for (; to < inputs.length && inputs[to] < end; to++) {
            laid.write(row < source.rows() ? code(row, to) : 0);
            masks[mask] |= 1L << inputs[to] - group * GROUP;
        }
        return to;
    }
}
