package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

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
    private final Shuffles shuffles = new Shuffles();
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
        for (int block = 0; choices.length > 0 && block < source.inputs().length; block++) {
            choose(source.inputs()[block], block * quads * each);
        }
    }

    /** Lists the shuffles of a block that keeps these inputs. A small method, which a new JVM compiles soon. */
    private void choose(int[] inputs, int at) {
        int next = at;
        for (int quad = 0; quad < quads; quad++) {
            if (aligned) {
                choices[next++] = shuffles.place(shuffle(inputs, quad));
                continue;
            }
            for (int part = 0; part < sources; part++) {
                choices[next++] = shuffles.place(shuffle(inputs, quad, part));
            }
        }
    }

    /** Lays a weight out. */
    static NativeWeight nativeWeight(Matrix matrix, float[] bias, int pitch, Arena arena) {
        int sources = sources(matrix.sparsity());
        RowBlocks blocks = sources == 1 ? RowBlocks.expanded(matrix, WIDEST_TILE) : RowBlocks.of(matrix, WIDEST_TILE);
        return new QuadMatrix(blocks, sources, sources > 1 && matrix.sparsity().m() <= QUAD).toNative(bias, pitch, arena);
    }

    /** Whether the kernel leaves out the zeros of such a sparsity. */
    static boolean skipsZeros(Sparsity sparsity) {
        return sources(sparsity) > 1;
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
            shuffle |= inputs[quad * QUAD + i] % QUAD << Shuffles.BITS * i;
        }
        return shuffle;
    }

    /** Which bytes of a token's source four go where in its kept four. */
    private int shuffle(int[] inputs, int quad, int part) {
        int shuffle = 0;
        for (int i = 0; i < QUAD; i++) {
            int kept = quad * QUAD + i;
            int input = kept < inputs.length ? inputs[kept] - (quad * sources + part) * QUAD : -1;
            shuffle |= (input >= 0 && input < QUAD ? input : Shuffles.ZERO) << Shuffles.BITS * i;
        }
        return shuffle;
    }

    private NativeWeight toNative(float[] bias, int pitch, Arena arena) {
        int blocks = source.inputs().length;
        int padded = blocks * tilesPerBlock * tile;
        MemorySegment values = Memory.bytes(arena, Math.multiplyFull(padded, quads * QUAD));
        float[] scales = new float[padded];
        float[] sums = new float[padded];
        int[] outputs = new int[padded];
        Arrays.fill(outputs, -1);
        float[] rowSums = layValues(values);
        for (int row = 0; row < source.rows(); row++) {
            int at = row / source.blockRows() * tilesPerBlock * tile + row % source.blockRows();
            outputs[at] = source.outputs()[row];
            scales[at] = source.scales()[row];
            sums[at] = rowSums[row];
        }
        var matrix = new Struct()
                .with(source.rows()).with(pitch).with(source.columns())
                .with(tile).with(tilesPerBlock).with(blocks).with(quads).with(sources).with(aligned ? 1 : 0)
                .with(Memory.of(arena, choices))
                .with(Memory.of(arena, shuffles.table()))
                .with(values)
                .with(Memory.of(arena, scales))
                .with(Memory.of(arena, sums))
                .with(Memory.of(arena, PackedMatrix.byOutput(bias, outputs)))
                .with(Memory.of(arena, outputs))
                .allocate(arena);
        long scratch = sources == 1 ? 0 : (long) quads * QUAD * Panels.WIDTH * PANELS;
        return new NativeWeight(matrix, true, blocks, LARGEST_CODE, scratch);
    }

    /** Fills {@code values}; answers the rows' {@linkplain RowBlocks#scaledSums sums}. */
    private float[] layValues(MemorySegment values) {
        try (Arena own = Arena.ofConfined()) {
            MemorySegment codes = source.nativeCodes(own);
            NativeCalls.layQuads(codes.address(), values.address(), source.rows(), source.kept(), source.blockRows(), tile);
            return source.scaledSums(codes);
        }
    }

    /** Different shuffles, in the order in which they were first asked for: four numbers of some bits each, the first byte's lowest. */
    private static final class Shuffles {
        static final int BITS = 3;
        /** In place of the byte that is taken. */
        static final int ZERO = 4;
        private static final int MOST = 256;

        /** One more than the place of each shuffle; zero where it was never asked for. */
        private final short[] places = new short[1 << BITS * QUAD];
        private final int[] all = new int[MOST];
        private int count;

        byte place(int shuffle) {
            if (places[shuffle] == 0) {
                all[count++] = shuffle;
                places[shuffle] = (short) count;
            }
            return (byte) (places[shuffle] - 1);
        }

        /** Controls for the 16 tokens of a vector; a shuffle reaches the four tokens of its 128 bits. */
        byte[] table() {
            byte[] table = new byte[count * Panels.WIDTH * QUAD];
            for (int i = 0; i < table.length; i++) {
                int from = all[i / (Panels.WIDTH * QUAD)] >> BITS * (i % QUAD) & (1 << BITS) - 1;
                table[i] = (byte) (from == ZERO ? 0x80 : from + i / QUAD % 4 * QUAD);
            }
            return table;
        }
    }
}
