package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

/** Matrices of every kind through packing, a whole file, the reader, and unpacking: not a bit is lost that the value type can hold. */
class RoundTripTest {
    private static final float[] EXTREMES = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -Float.MIN_NORMAL, 1e-20f};
    private static final float[] HALF_EXTREMES = {65504, -65504, 0x1p-24f, -0x1p-14f, 65519};

    /**
     * A pruned matrix.
     *
     * @param patterns the set to pack with, or empty for the default
     */
    record Case(int rows, int columns, Sparsity sparsity, int[] patterns, DType dtype, int[] rowOrder, float[] weights) {
        static Case of(int rows, int columns, Sparsity sparsity, int setSize, DType dtype, long seed) {
            Random random = new Random(seed);
            int[] order = random.nextBoolean() ? TestModels.permutation(random, rows) : new int[0];
            int[] patterns = setSize == 0 ? new int[0] : patterns(sparsity, setSize, random);
            float[] weights = new float[rows * columns];
            for (int row = 0; row < rows; row++) {
                boolean zero = random.nextInt(8) == 0;
                for (int column = 0; column < columns && !zero; column++) {
                    weights[row * columns + column] = value(random, dtype);
                }
            }
            for (int first = 0; first < rows; first += sparsity.v()) {
                for (int group = 0; group < sparsity.groups(columns); group++) {
                    int mask = patterns.length > 0
                            ? patterns[random.nextInt(patterns.length)]
                            : patterns(sparsity, 1, random)[0];
                    for (int r = first; r < Math.min(rows, first + sparsity.v()); r++) {
                        int at = (order.length == 0 ? r : order[r]) * columns;
                        for (int j = 0, c = group * sparsity.m(); j < sparsity.m() && c < columns; j++, c++) {
                            weights[at + c] = (mask >>> j & 1) != 0 ? weights[at + c] : 0;
                        }
                    }
                }
            }
            return new Case(rows, columns, sparsity, patterns, dtype, order, weights);
        }

        private static float value(Random random, DType dtype) {
            float[] extremes = dtype == DType.FP16 ? HALF_EXTREMES : EXTREMES;
            return random.nextInt(10) == 0 ? extremes[random.nextInt(extremes.length)] : (float) random.nextGaussian();
        }

        /** Distinct masks, rising as unsigned numbers. */
        private static int[] patterns(Sparsity sparsity, int count, Random random) {
            TreeSet<Integer> masks = new TreeSet<>(Integer::compareUnsigned);
            for (int tries = 0; tries < 4 * count && masks.size() < count; tries++) {
                int mask = 0;
                int[] inputs = TestModels.permutation(random, sparsity.m());
                for (int i = 0; i < sparsity.n(); i++) {
                    mask |= 1 << inputs[i];
                }
                masks.add(mask);
            }
            return masks.stream().mapToInt(Integer::intValue).toArray();
        }

        Matrix pack() {
            if (sparsity.isDense()) {
                return DenseMatrix.of(weights, rows, columns, dtype);
            }
            return patterns.length == 0
                    ? SparseMatrix.of(weights, rows, columns, sparsity, dtype, rowOrder)
                    : SparseMatrix.of(weights, rows, columns, sparsity, patterns, dtype, rowOrder);
        }

        /** What the value type can hold of each weight; int8 is compared by {@link #codes}. */
        float[] expected() {
            float[] expected = weights.clone();
            for (int i = 0; dtype == DType.FP16 && i < expected.length; i++) {
                expected[i] = Float.float16ToFloat(Float.floatToFloat16(expected[i]));
            }
            return expected;
        }

        /** The int8 codes by the rule of the specification, times their scales. */
        float[] codes() {
            float[] rounded = weights.clone();
            for (int row = 0; row < rows; row++) {
                float max = 0;
                for (int c = 0; c < columns; c++) {
                    max = Math.max(max, Math.abs(weights[row * columns + c]));
                }
                float scale = max / 127 > 0 ? max / 127 : 1;
                for (int c = row * columns; c < (row + 1) * columns; c++) {
                    rounded[c] = (int) Math.clamp(Math.rint(weights[c] / scale), -127, 127) * scale;
                }
            }
            return rounded;
        }
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<Sparsity> sparsity = Arbitraries.integers().between(2, 32).flatMap(m -> Combinators.combine(
                Arbitraries.integers().between(1, m - 1), Arbitraries.integers().between(1, 64)).as((n, v) -> new Sparsity(n, m, v)));
        return Combinators.combine(
                Arbitraries.integers().between(1, 150),
                Arbitraries.integers().between(1, 90),
                Arbitraries.frequencyOf(
                        Tuple.of(1, Arbitraries.just(Sparsity.DENSE)), Tuple.of(8, sparsity)),
                Arbitraries.of(0, 0, 1, 2, 3, 16, 33),
                Arbitraries.of(DType.FP32, DType.FP16, DType.INT8),
                Arbitraries.longs()).as(Case::of);
    }

    @Property(tries = 400, seed = "4")
    void theFileGivesBackWhatWasPacked(@ForAll("cases") Case given) throws IOException {
        Matrix packed = given.pack();
        Matrix read = throughAFile(packed);
        ModelAssert.assertSame(read, packed);
        assertThat(read.toFloats()).isEqualTo(given.dtype == DType.INT8 ? given.codes() : given.expected());
        if (read instanceof SparseMatrix sparse && given.patterns.length > 0) {
            assertThat(sparse.patterns()).isEqualTo(given.patterns);
        }
    }

    @Property(tries = 100, seed = "5")
    void chosenScalesAndPatternsGiveTheSameCodes(@ForAll("cases") Case given) throws IOException {
        if (given.sparsity.isDense() || given.patterns.length == 0) {
            return;
        }
        float[] scales = new float[given.rows];
        for (int row = 0; row < scales.length; row++) {
            scales[row] = 1 / (row + 1f);
        }
        SparseMatrix packed = SparseMatrix.ofInt8(
                given.weights, given.rows, given.columns, given.sparsity, given.patterns, scales, given.rowOrder);
        SparseMatrix read = (SparseMatrix) throughAFile(packed);
        assertThat(read.patterns()).isEqualTo(given.patterns);
        float[] expected = given.weights.clone();
        for (int i = 0; i < expected.length; i++) {
            float scale = scales[i / given.columns];
            expected[i] = (int) Math.clamp(Math.rint(expected[i] / scale), -127, 127) * scale;
        }
        assertThat(read.toFloats()).isEqualTo(expected);
    }

    @Test
    void aSinglePatternNeedsNoIds() throws IOException {
        float[] weights = {0, 1, 0, 2, 0, 3, 0, 4};
        SparseMatrix matrix = SparseMatrix.of(weights, 2, 4, new Sparsity(2, 4, 1), new int[] {0b1010}, DType.FP32, new int[0]);
        assertThat(matrix.patternIds().byteSize()).isZero();
        assertThat(matrix.values().toArray(LittleEndian.FLOAT)).containsExactly(1, 2, 3, 4);
        assertThat(throughAFile(matrix).toFloats()).containsExactly(weights);
    }

    @Test
    void aBlockTakesTheFirstPatternThatKeepsIt() {
        float[] weights = {0, 0, 5, 0, 0, 0, 0, 0};
        int[] patterns = {0b0011, 0b0110, 0b1100};
        SparseMatrix matrix = SparseMatrix.of(weights, 2, 4, new Sparsity(2, 4, 1), patterns, DType.FP32, new int[0]);
        assertThat(List.of(matrix.mask(0, 0), matrix.mask(1, 0))).containsExactly(0b0110, 0b0011);
        assertThat(matrix.toFloats()).containsExactly(weights);
    }

    @Test
    void aPatternSetIsCheckedWhenItIsPackedWith() {
        refused("at least one", 1, 0);
        refused("project the weights on this set", 1, 0, 0b01);
        refused("not larger than the one before", 0, 0, 0b10, 0b01);
        refused("does not keep 1 of 2", 0, 0, 0b11);
        refused("does not keep 1 of 2", 0, 0, 0b100);
    }

    private static void refused(String part, float second, float first, int... patterns) {
        float[] weights = {first, second};
        assertThatThrownBy(() -> SparseMatrix.of(weights, 1, 2, new Sparsity(1, 2, 1), patterns, DType.FP32, new int[0]))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(part).hasMessageEndingWith(".");
    }

    /** The matrix as the first feed-forward matrix of a model, which may have any shape. */
    private static Matrix throughAFile(Matrix matrix) throws IOException {
        int hidden = matrix.columns();
        int inner = matrix.rows();
        Linear square = zeros(hidden, hidden);
        EncoderLayer layer = new EncoderLayer(square, square, square, square, norm(hidden),
                new Linear(matrix, new float[inner]), zeros(hidden, inner), norm(hidden));
        Model model = new Model(
                new EncoderShape(hidden, 1, 1, inner, 4, 3, 1, 1e-12f),
                new TokenizerSpec(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"), true, true, true, 3),
                new Embeddings(zeros(4, hidden).weight(), zeros(3, hidden).weight(), zeros(1, hidden).weight(), norm(hidden)),
                List.of(layer),
                new Head(Pooling.CLS, Optional.empty(), zeros(1, hidden)),
                new Task("task", List.of("score"), true, false),
                new Provenance("", "", "", Map.of(), Map.of(), Map.of()),
                List.of());
        ManifestEncoder encoder = new ManifestEncoder(model);
        List<byte[]> payloads = encoder.payloads().stream().map(RoundTripTest::bytes).toList();
        return Forgery.read(Forgery.assemble(encoder.manifest(), payloads, true)).layers().getFirst().ffnIn().weight();
    }

    private static byte[] bytes(MemorySegment payload) {
        return payload.toArray(ValueLayout.JAVA_BYTE);
    }

    private static Linear zeros(int rows, int columns) {
        return new Linear(DenseMatrix.of(new float[rows * columns], rows, columns, DType.INT8), new float[rows]);
    }

    private static LayerNorm norm(int width) {
        return new LayerNorm(new float[width], new float[width]);
    }
}
