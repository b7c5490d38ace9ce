package dev.filigree.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

class MatrixCodecTest {
    private static final int[] IDENTITY = {};

    /** A random pruned matrix. */
    record Case(int rows, int columns, Sparsity sparsity, DType dtype, int[] rowOrder, float[] weights) {
        static Case of(int rows, int columns, Sparsity sparsity, DType dtype, boolean reorder, long seed) {
            Random random = new Random(seed);
            int[] order = reorder ? TestModels.permutation(random, rows) : IDENTITY;
            DType fitting = dtype == DType.INT4 && !sparsity.isDense() ? DType.INT8 : dtype;
            float[] weights = sparsity.isDense()
                    ? TestModels.vector(random, rows * columns)
                    : TestModels.pruned(random, rows, columns, sparsity, order);
            return new Case(rows, columns, sparsity, fitting, order, weights);
        }

        Matrix pack() {
            return sparsity.isDense()
                    ? DenseMatrix.of(weights, rows, columns, dtype)
                    : SparseMatrix.of(weights, rows, columns, sparsity, dtype, rowOrder);
        }

        Matrix packInt8(float[] values, float[] scales) {
            return sparsity.isDense()
                    ? DenseMatrix.ofInt8(values, rows, columns, scales)
                    : SparseMatrix.ofInt8(values, rows, columns, sparsity, scales, rowOrder);
        }
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<Sparsity> sparse = Arbitraries.integers().between(2, 32).flatMap(m -> Combinators.combine(
                Arbitraries.integers().between(1, m - 1), Arbitraries.of(1, 2, 3, 16, 64)).as((n, v) -> new Sparsity(n, m, v)));
        Arbitrary<Sparsity> sparsity = Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(Sparsity.DENSE)),
                Tuple.of(2, Arbitraries.of("2:4@16", "2:4@1", "4:8@16", "1:2@4").map(Sparsity::parse)),
                Tuple.of(4, sparse));
        return Combinators.combine(
                Arbitraries.integers().between(1, 70),
                Arbitraries.integers().between(1, 70),
                sparsity,
                Arbitraries.of(DType.class),
                Arbitraries.of(true, false),
                Arbitraries.longs()).as(Case::of);
    }

    @Property(tries = 700, seed = "1")
    void unpackingGivesTheWeightsBack(@ForAll("cases") Case given) {
        float[] unpacked = given.pack().toFloats();
        float[] expected = given.weights.clone();
        for (int i = 0; i < expected.length; i++) {
            switch (given.dtype) {
                case FP32 -> { }
                case FP16 -> expected[i] = Float.float16ToFloat(Float.floatToFloat16(expected[i]));
                case INT8 -> {
                    // Half a step, and a little for the rounding of the scale.
                    float tolerance = 0.5001f * rowMax(given, i / given.columns) / 127;
                    expected[i] = Math.abs(unpacked[i] - expected[i]) <= tolerance ? unpacked[i] : expected[i];
                }
                case INT4 -> expected[i] = specifiedInt4((DenseMatrix) given.pack(), i / given.columns, i % given.columns);
            }
        }
        assertThat(unpacked).isEqualTo(expected);
    }

    @Property(tries = 200, seed = "2")
    void int8CodesSurviveUnpackingAndRepackingWithTheSameScales(@ForAll("cases") Case given) {
        float[] scales = new float[given.rows];
        for (int row = 0; row < given.rows; row++) {
            scales[row] = 0.01f * (row + 1);
        }
        Matrix once = given.packInt8(given.weights, scales);
        Matrix twice = given.packInt8(once.toFloats(), scales);
        // Not the bytes: where a code is zero a block may as well keep another input.
        assertThat(twice.toFloats()).isEqualTo(once.toFloats());
        if (once instanceof SparseMatrix sparse) {
            for (int stored = 0; stored < given.rows; stored++) {
                assertThat(sparse.scales().getAtIndex(LittleEndian.FLOAT, stored)).isEqualTo(scales[sparse.originalRow(stored)]);
            }
        }
    }

    /** A decoder written from the specification, one weight and one bit at a time. */
    @Property(tries = 200, seed = "3")
    void theLayoutIsTheSpecifiedOne(@ForAll("cases") Case given) {
        if (!(given.pack() instanceof SparseMatrix matrix)) {
            return;
        }
        float[] decoded = new float[given.rows * given.columns];
        boolean zerosBeyond = true;
        boolean allKeepN = true;
        int n = given.sparsity.n();
        int m = given.sparsity.m();
        int groups = (given.columns + m - 1) / m;
        int idBits = 0;
        while (1L << idBits < matrix.patterns().length) {
            idBits++;
        }
        int blocks = (given.rows + given.sparsity.v() - 1) / given.sparsity.v() * groups;
        assertThat(matrix.patternIds().byteSize()).isEqualTo((blocks * (long) idBits + 7) / 8);
        assertThat(matrix.values().byteSize()).isEqualTo((long) given.rows * given.dtype.rowBytes(groups * n));
        for (int r = 0; r < given.rows; r++) {
            for (int g = 0; g < groups; g++) {
                int block = r / given.sparsity.v() * groups + g;
                int id = 0;
                for (int bit = 0; bit < idBits; bit++) {
                    int at = block * idBits + bit;
                    id |= (matrix.patternIds().get(ValueLayout.JAVA_BYTE, at / 8) >> at % 8 & 1) << bit;
                }
                int mask = matrix.patterns()[id];
                allKeepN &= Integer.bitCount(mask) == n && matrix.mask(r / given.sparsity.v(), g) == mask;
                int kept = 0;
                for (int j = 0; j < m; j++) {
                    int column = g * m + j;
                    if ((mask >>> j & 1) != 0) {
                        float value = valueAt(matrix, r, (r * groups + g) * n + kept++);
                        if (column < given.columns) {
                            decoded[matrix.originalRow(r) * given.columns + column] = value;
                        } else {
                            zerosBeyond &= value == 0;
                        }
                    }
                }
            }
        }
        assertThat(decoded).isEqualTo(matrix.toFloats());
        assertThat(zerosBeyond).as("values beyond the last column are zero").isTrue();
        assertThat(allKeepN).as("every pattern keeps N inputs").isTrue();
    }

    @Test
    void aSmallMatrixHasTheseVeryBytes() {
        // Rows 1 and 2 share a block (order 2, 1, 0), row 0 is the short last block; the second group of inputs is short.
        float[] weights = {
            0, 0, 0, 0, 7,
            0, 1, 0, 2, 0,
            0, 3, 0, 0, 4,
        };
        SparseMatrix matrix = SparseMatrix.of(weights, 3, 5, new Sparsity(2, 4, 2), DType.FP32, new int[] {2, 1, 0});
        assertThat(matrix.patterns()).containsExactly(0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100);
        // Ids 4, 0, 0, 0 in three bits each.
        assertThat(matrix.patternIds().toArray(ValueLayout.JAVA_BYTE)).containsExactly(4, 0);
        assertThat(matrix.values().toArray(LittleEndian.FLOAT)).containsExactly(3, 0, 4, 0, 1, 2, 0, 0, 0, 0, 7, 0);
        assertThat(matrix.toFloats()).containsExactly(weights);
    }

    @Test
    void int8RoundsHalfToEvenAndKeepsAZeroRow() {
        float[] weights = {127, 0.5f, 1.5f, -2.5f, 0, 0, 0, 0};
        DenseMatrix matrix = DenseMatrix.of(weights, 2, 4, DType.INT8);
        assertThat(matrix.values().toArray(ValueLayout.JAVA_BYTE)).containsExactly(127, 0, 2, -2, 0, 0, 0, 0);
        assertThat(matrix.scales().toArray(LittleEndian.FLOAT)).containsExactly(1, 1);
    }

    @Test
    void int8ClampsWhatAChosenScaleCannotHold() {
        DenseMatrix matrix = DenseMatrix.ofInt8(new float[] {10, -10, 0.25f}, 1, 3, new float[] {0.05f});
        assertThat(matrix.values().toArray(ValueLayout.JAVA_BYTE)).containsExactly(127, -127, 5);
    }

    @Test
    void extremeValuesHaveValidScales() {
        float[] weights = {Float.MIN_VALUE, 0, Float.MAX_VALUE, -Float.MAX_VALUE, 200 * Float.MIN_VALUE, 100 * Float.MIN_VALUE};
        DenseMatrix matrix = DenseMatrix.of(weights, 3, 2, DType.INT8);
        for (float scale : matrix.scales().toArray(LittleEndian.FLOAT)) {
            assertThat(scale).isPositive().isFinite();
        }
        assertThat(matrix.values().toArray(ValueLayout.JAVA_BYTE)).containsExactly(0, 0, 127, -127, 100, 50);
    }

    @Test
    void int4HoldsWhatItsCodesCanSay() {
        float[] weights = {-7, 7, 3, 0, 1.75f, 0, 0, 0, 0, 0};
        DenseMatrix matrix = DenseMatrix.of(weights, 2, 5, DType.INT4);
        assertThat(matrix.toFloats()).containsExactly(-7, 7, 3, 0, 2, 0, 0, 0, 0, 0);
        assertThat(matrix.values().toArray(ValueLayout.JAVA_BYTE)).containsExactly(0x79, 0x03, 0x02, 0, 0, 0);
        assertThat(matrix.scales().toArray(LittleEndian.SHORT)).containsExactly(0x3C00, 0x3C00);
        assertThat(matrix.storedBytes()).isEqualTo(2 * 3 + 2 * 2);
    }

    @Test
    void int4GroupsOf32ColumnsHaveScalesOfTheirOwn() {
        float[] weights = new float[40];
        weights[31] = 7;
        weights[32] = 0.125f * 7;
        DenseMatrix matrix = DenseMatrix.of(weights, 1, 40, DType.INT4);
        assertThat(matrix.scales().toArray(LittleEndian.SHORT))
                .containsExactly(Float.floatToFloat16(1), Float.floatToFloat16(0.125f));
        assertThat(matrix.toFloats()).containsExactly(weights);
    }

    @Test
    void int4ErrsLessThanWithTheLargestValuesScale() {
        float[] weights = TestModels.vector(new Random(5), 64 * 32);
        float[] unpacked = DenseMatrix.of(weights, 64, 32, DType.INT4).toFloats();
        double error = 0;
        double plain = 0;
        for (int row = 0; row < 64; row++) {
            float max = 0;
            for (int i = row * 32; i < (row + 1) * 32; i++) {
                max = Math.max(max, Math.abs(weights[i]));
            }
            for (int i = row * 32; i < (row + 1) * 32; i++) {
                error += Math.pow(unpacked[i] - weights[i], 2);
                plain += Math.pow(Math.rint(weights[i] / (max / 7)) * (max / 7) - weights[i], 2);
            }
        }
        assertThat(error).isLessThan(0.95 * plain);
    }

    @Test
    void int4ScalesAreValidForExtremeValues() {
        float[] weights = {Float.MIN_VALUE, 0, Float.MAX_VALUE, -Float.MAX_VALUE};
        DenseMatrix matrix = DenseMatrix.of(weights, 2, 2, DType.INT4);
        assertThat(matrix.scales().toArray(LittleEndian.SHORT)).containsExactly(0x0001, 0x7BFF);
        assertThat(matrix.toFloats()).containsExactly(0, 0, 7 * 65504f, -7 * 65504f);
    }

    @Test
    void completePatternSetsAreRisingAndWhole() {
        for (int m = 2; m <= 12; m++) {
            for (int n = 1; n < m; n++) {
                int[] expected = new int[Math.toIntExact(PatternSet.count(n, m))];
                int next = 0;
                for (int mask = 0; mask < 1 << m; mask++) {
                    if (Integer.bitCount(mask) == n) {
                        expected[next++] = mask;
                    }
                }
                assertThat(PatternSet.complete(n, m)).containsExactly(expected);
            }
        }
        assertThat(PatternSet.complete(31, 32)).hasSize(32).startsWith(0x7FFF_FFFF).endsWith(0xFFFF_FFFE);
        assertThat(PatternSet.count(16, 32)).isEqualTo(601_080_390L);
    }

    @Test
    void aHeapMatrixCannotBeChanged() {
        DenseMatrix matrix = DenseMatrix.of(new float[] {1}, 1, 1, DType.FP32);
        assertThat(matrix.values().isReadOnly()).isTrue();
        assertThat(matrix.scales().isReadOnly()).isTrue();
    }

    @Test
    void wrongInputIsRefusedInASentence() {
        Sparsity sparsity = new Sparsity(1, 2, 2);
        refused("project the weights first", () -> SparseMatrix.of(new float[] {1, 0, 0, 1}, 2, 2, sparsity, DType.FP32, IDENTITY));
        refused("permutation", () -> SparseMatrix.of(new float[4], 2, 2, sparsity, DType.FP32, new int[] {0, 0}));
        refused("permutation", () -> SparseMatrix.of(new float[4], 2, 2, sparsity, DType.FP32, new int[] {0}));
        refused("DenseMatrix", () -> SparseMatrix.of(new float[4], 2, 2, Sparsity.DENSE, DType.FP32, IDENTITY));
        refused("[2, 3]", () -> DenseMatrix.of(new float[4], 2, 3, DType.FP32));
        refused("NaN", () -> DenseMatrix.of(new float[] {Float.NaN}, 1, 1, DType.INT8));
        refused("int8", () -> SparseMatrix.of(new float[4], 2, 2, sparsity, DType.INT4, IDENTITY));
        refused("fp16", () -> DenseMatrix.of(new float[] {65520}, 1, 1, DType.FP16));
        refused("Scale 0.0", () -> DenseMatrix.ofInt8(new float[] {1}, 1, 1, new float[] {0}));
        refused("2 scales", () -> DenseMatrix.ofInt8(new float[] {1}, 1, 1, new float[] {1, 1}));
    }

    private static void refused(String part, Runnable action) {
        assertThatThrownBy(action::run).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(part).hasMessageEndingWith(".");
    }

    private static float rowMax(Case given, int row) {
        float max = 0;
        for (int c = 0; c < given.columns; c++) {
            max = Math.max(max, Math.abs(given.weights[row * given.columns + c]));
        }
        return max;
    }

    private static float valueAt(SparseMatrix matrix, int storedRow, int index) {
        return switch (matrix.dtype()) {
            case FP32 -> matrix.values().getAtIndex(LittleEndian.FLOAT, index);
            case FP16 -> Float.float16ToFloat(matrix.values().getAtIndex(LittleEndian.SHORT, index));
            case INT8 -> matrix.values().get(ValueLayout.JAVA_BYTE, index) * matrix.scales().getAtIndex(LittleEndian.FLOAT, storedRow);
            case INT4 -> throw new AssertionError("No sparse matrix is INT4.");
        };
    }

    /** A weight as the specification says where it lies. */
    private static float specifiedInt4(DenseMatrix matrix, int row, int column) {
        int rowBytes = (matrix.columns() + 1) / 2;
        int pair = matrix.values().get(ValueLayout.JAVA_BYTE, row * rowBytes + column / 2) & 0xFF;
        int code = column % 2 == 0 ? pair % 16 : pair / 16;
        int groups = (matrix.columns() + 31) / 32;
        return (code < 8 ? code : code - 16)
                * Float.float16ToFloat(matrix.scales().getAtIndex(LittleEndian.SHORT, row * groups + column / 32));
    }
}
