package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** INT8 weights for products of four bytes: {@code fg_quads}. */
final class QuadMatrix {
    private static final int LARGEST_CODE = 255;
    private static final int QUAD = 4;
    private static final int WIDEST_TILE = 8;
    /** Panels that the kernel takes together. */
    private static final int PANELS = 2;

    private final RowBlocks source;
    private final int sources;
    /** Whether each source fills the same bytes of every four, so that one shuffle serves all sources: where groups are within fours. */
    private final boolean aligned;
    private final int tile;
    private final int tilesPerBlock;
    private final int quads;
    /** The bytes of a shuffle control, one number for the four of them, and its place in the table. */
    private final Map<Integer, Integer> shuffles = new LinkedHashMap<>();
    private final byte[] choices;

    private QuadMatrix(RowBlocks source, int sources, boolean aligned) {
        this.source = source;
        this.sources = sources;
        this.aligned = aligned;
        tile = source.blockRows() % WIDEST_TILE == 0 ? WIDEST_TILE : QUAD;
        tilesPerBlock = Math.ceilDiv(source.blockRows(), tile);
        quads = Math.ceilDiv(source.kept(), QUAD);
        int each = aligned ? 1 : sources;
        choices = sources == 1 ? new byte[0] : new byte[source.inputs().length * quads * each];
        for (int i = 0; i < choices.length; i++) {
            int[] inputs = source.inputs()[i / (quads * each)];
            int quad = i / each % quads;
            int shuffle = aligned ? shuffle(inputs, quad) : shuffle(inputs, quad, i % sources);
            choices[i] = shuffles.computeIfAbsent(shuffle, unused -> shuffles.size()).byteValue();
        }
    }

    /** Lays a weight out. */
    static NativeWeight nativeWeight(Matrix matrix, float[] bias, int pitch, Arena arena) {
        int sources = sources(matrix.sparsity());
        RowBlocks blocks = sources == 1 ? RowBlocks.expanded(matrix, WIDEST_TILE) : RowBlocks.of(matrix, WIDEST_TILE);
        return new QuadMatrix(blocks, sources, sources > 1 && matrix.sparsity().m() <= QUAD).toNative(bias, pitch, arena);
    }

    /**
     * From how many neighbouring fours of inputs one four of kept ones comes; 1 where the matrix is dense or is run as a dense one, since
     * too few rows share a pattern or fours of kept inputs do not come from whole fours of inputs.
     */
    private static int sources(Sparsity sparsity) {
        boolean followed = sparsity.v() >= QUAD && QUAD % sparsity.n() == 0 && sparsity.m() % sparsity.n() == 0;
        int sources = sparsity.m() / sparsity.n();
        return followed && (sources == 2 || sources == 4) ? sources : 1;
    }

    /** The same for all sources of a kept four that is aligned; where nothing is kept any byte will do, since it weighs nothing. */
    private static int shuffle(int[] inputs, int quad) {
        int shuffle = 0;
        for (int i = 0; i < QUAD && quad * QUAD + i < inputs.length; i++) {
            shuffle |= inputs[quad * QUAD + i] % QUAD << 8 * i;
        }
        return shuffle;
    }

    /** Which bytes of a token's source four go where in its kept four: four bytes, the first lowest; 0x80 makes a zero. */
    private int shuffle(int[] inputs, int quad, int part) {
        int shuffle = 0;
        for (int i = 0; i < QUAD; i++) {
            int kept = quad * QUAD + i;
            int input = kept < inputs.length ? inputs[kept] - (quad * sources + part) * QUAD : -1;
            shuffle |= (input >= 0 && input < QUAD ? input : 0x80) << 8 * i;
        }
        return shuffle;
    }

    private NativeWeight toNative(float[] bias, int pitch, Arena arena) {
        int blocks = source.inputs().length;
        int padded = blocks * tilesPerBlock * tile;
        byte[] values = new byte[Math.multiplyExact(padded, quads * QUAD)];
        float[] scales = new float[padded];
        float[] sums = new float[padded];
        int[] outputs = new int[padded];
        Arrays.fill(outputs, -1);
        byte[] codes = source.codeBytes();
        for (int row = 0; row < source.rows(); row++) {
            int at = row / source.blockRows() * tilesPerBlock * tile + row % source.blockRows();
            int sum = layRow(codes, row * source.kept(), source.kept(), values,
                    ((at - at % tile) * quads + at % tile) * QUAD, tile * QUAD);
            outputs[at] = source.outputs()[row];
            scales[at] = source.scales()[row];
            sums[at] = source.scales()[row] * sum;
        }
        var matrix = new Struct()
                .with(source.rows()).with(pitch).with(source.columns())
                .with(tile).with(tilesPerBlock).with(blocks).with(quads).with(sources).with(aligned ? 1 : 0)
                .with(Memory.of(arena, choices))
                .with(Memory.of(arena, table()))
                .with(Memory.of(arena, values))
                .with(Memory.of(arena, scales))
                .with(Memory.of(arena, sums))
                .with(Memory.of(arena, PackedMatrix.byOutput(bias, outputs)))
                .with(Memory.of(arena, outputs))
                .allocate(arena);
        long scratch = sources == 1 ? 0 : (long) quads * QUAD * Panels.WIDTH * PANELS;
        return new NativeWeight(matrix, true, blocks, LARGEST_CODE, scratch);
    }

    /** Lays a row's codes out in fours that are {@code pitch} apart; answers their sum. A small method, which a new JVM compiles soon. */
    private static int layRow(byte[] codes, int from, int kept, byte[] values, int first, int pitch) {
        int sum = 0;
        for (int i = 0; i < kept; i++) {
            byte code = codes[from + i];
            values[first + i / QUAD * pitch + i % QUAD] = code;
            sum += code;
        }
        return sum;
    }

    /** The shuffles for the 16 tokens of a vector; a shuffle reaches the four tokens of its 128 bits. */
    private byte[] table() {
        byte[] table = new byte[shuffles.size() * Panels.WIDTH * QUAD];
        shuffles.forEach((shuffle, place) -> {
            for (int i = 0; i < Panels.WIDTH * QUAD; i++) {
                int from = shuffle >> 8 * (i % QUAD) & 0xFF;
                table[place * Panels.WIDTH * QUAD + i] = (byte) (from == 0x80 ? from : from + i / QUAD % 4 * QUAD);
            }
        });
        return table;
    }
}
