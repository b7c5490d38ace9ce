package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private final int blocks;
    private final int depth;
    private final int rowsPerMask;
    /** Whether rows are laid out in pairs: where at least four keep the same inputs, half of every four. */
    private final boolean paired;
    private final long[] masks;
    private final long[] starts;

    private TileMatrix(RowBlocks source, Sparsity sparsity) {
        this.source = source;
        blocks = Math.ceilDiv(source.rows(), BLOCK_TILES * ROWS);
        depth = Math.ceilDiv(source.columns(), GROUP);
        rowsPerMask = sparsity.isDense() ? 0 : rowsPerMask(source.blockRows());
        paired = rowsPerMask > 1 && 2 * sparsity.n() == sparsity.m() && FOUR % sparsity.m() == 0;
        masks = new long[rowsPerMask == 0 ? 0 : blocks * BLOCK_TILES * depth * (ROWS / rowsPerMask)];
        starts = new long[blocks];
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
        try (Arena own = Arena.ofConfined()) {
            MemorySegment codes = source.nativeCodes(own);
            MemorySegment values = layValues(codes, arena);
            int padded = blocks * BLOCK_TILES * ROWS;
            int[] outputs = Arrays.copyOf(source.outputs(), padded);
            Arrays.fill(outputs, source.rows(), padded, -1);
            var matrix = new Struct()
                    .with(source.rows()).with(pitch).with(source.columns()).with(blocks).with(depth).with(rowsPerMask).with(paired ? 1 : 0)
                    .with(Memory.of(arena, masks))
                    .with(Memory.of(arena, starts))
                    .with(values)
                    .with(Memory.of(arena, Arrays.copyOf(source.scales(), padded)))
                    .with(Memory.of(arena, Arrays.copyOf(source.scaledSums(codes), padded)))
                    .with(Memory.of(arena, PackedMatrix.byOutput(bias, outputs)))
                    .with(Memory.of(arena, outputs))
                    .allocate(arena);
            long scratch = rowsPerMask == 0 ? 0 : (long) BLOCK_TILES * depth * ROWS * GROUP;
            return new NativeWeight(matrix, true, blocks, LARGEST_CODE, scratch);
        }
    }

    private MemorySegment layValues(MemorySegment codes, Arena arena) {
        if (paired) {
            return pairedValues(codes, arena);
        }
        byte[] bytes = codes.toArray(ValueLayout.JAVA_BYTE);
        byte[] values = rowsPerMask == 0 ? denseValues(bytes) : keptValues(bytes);
        return Memory.of(arena, Arrays.copyOf(values, values.length + SPARE_BYTES));
    }

    private byte[] denseValues(byte[] codes) {
        byte[] laid = new byte[Math.multiplyExact(blocks * BLOCK_TILES * ROWS, depth * GROUP)];
        startBlocks(ROWS * GROUP);
        int columns = source.columns();
        for (int row = 0; row < source.rows(); row++) {
            for (int group = 0; group < depth; group++) {
                System.arraycopy(codes, row * columns + group * GROUP, laid, (tile(row / ROWS, group) * ROWS + row % ROWS) * GROUP,
                        Math.min(GROUP, columns - group * GROUP));
            }
        }
        return laid;
    }

    /** Where blocks start, if all tiles are as long. */
    private void startBlocks(int tileBytes) {
        for (int block = 0; block < blocks; block++) {
            starts[block] = (long) block * BLOCK_TILES * depth * tileBytes;
        }
    }

    /** The place of a tile of a group of inputs among all tiles. */
    private int tile(int rows, int group) {
        return (rows / BLOCK_TILES * depth + group) * BLOCK_TILES + rows % BLOCK_TILES;
    }

    /** The place of the mask of a stored row for a group of inputs. */
    private int mask(int row, int group) {
        return (tile(row / ROWS, group) * ROWS + row % ROWS) / rowsPerMask;
    }

    /** Two bytes for each four of inputs, of two rows in turns. */
    private MemorySegment pairedValues(MemorySegment codes, Arena arena) {
        int tileBytes = ROWS * GROUP / 2;
        startBlocks(tileBytes);
        for (int row = 0; row < source.rows(); row += rowsPerMask) {
            maskInputs(row);
        }
        MemorySegment laid = Memory.bytes(arena, (long) blocks * BLOCK_TILES * depth * tileBytes);
        NativeCalls.layPairedTiles(codes.address(), laid.address(), source.rows(), source.kept(), depth);
        return laid;
    }

    /** Masks what the rows from this one on keep. A small method, which a new JVM compiles soon. */
    private void maskInputs(int row) {
        for (int input : source.inputs()[row / source.blockRows()]) {
            masks[mask(row, input / GROUP)] |= 1L << input % GROUP;
        }
    }

    /** Block after block, group after group, tile after tile, and in a tile row after row, what each keeps of the group's inputs. */
    private byte[] keptValues(byte[] codes) {
        var laid = new ByteArrayOutputStream();
        for (int block = 0; block < blocks; block++) {
            starts[block] = laid.size();
            // The first input of each row that is not laid out yet, as a place among those it keeps.
            int[] from = new int[BLOCK_TILES * ROWS];
            for (int group = 0; group < depth; group++) {
                for (int r = 0; r < from.length; r++) {
                    from[r] = layRow(codes, block * from.length + r, group, from[r], laid);
                }
            }
        }
        return laid.toByteArray();
    }

    /** What a row keeps of a group, from its {@code from}-th input on; answers where the next group starts. */
    private int layRow(byte[] codes, int row, int group, int from, ByteArrayOutputStream laid) {
        // Rows that fill a tile up must be as long as the others of their mask.
        int model = row - row % rowsPerMask;
        if (model >= source.rows()) {
            return 0;
        }
        int[] inputs = source.inputs()[model / source.blockRows()];
        int end = Math.min((group + 1) * GROUP, source.columns());
        int to = from;
        for (; to < inputs.length && inputs[to] < end; to++) {
            laid.write(row < source.rows() ? codes[row * source.kept() + to] : 0);
            masks[mask(row, group)] |= 1L << inputs[to] - group * GROUP;
        }
        return to;
    }
}
