package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.vector.Models;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All numbers of tokens, all patterns and numbers of all sizes, for each level that this machine can run or emulate. */
@ParameterizedClass
@MethodSource("dev.filigree.runtime.kernel.nativecode.NativeLevels#all")
class NativeRangesTest {
    private static final int MOST_TOKENS = 512;

    private final NativeKernels kernels;

    NativeRangesTest(NativeKernels kernels) {
        this.kernels = kernels;
    }

    /** One to 512 tokens; emulated levels, which are slow, leave most of those beyond 100 out. */
    private IntStream lengths() {
        boolean own = NativeLibrary.get().levels().contains(kernels);
        return IntStream.rangeClosed(1, MOST_TOKENS).filter(n -> own || n <= 100 || n % 50 == 0 || (n + 1 & n) == 0 || (n & n - 1) == 0);
    }

    @ParameterizedTest
    @CsvSource({"dense, FP32", "dense, INT8", "2:4@16, FP32", "2:4@16, INT8", "2:4@8, INT8", "2:4@4, INT8"})
    void aTokensOutputsDoNotDependOnHowManyThereAre(String sparsity, DType dtype) {
        Linear linear = Models.linear(24, 20, Sparsity.parse(sparsity), dtype, new SplittableRandom(3));
        float[] x = Models.values(20 * MOST_TOKENS, 2f, new SplittableRandom(4));
        try (Arena arena = Arena.ofConfined()) {
            NativeLinear laidOut = NativeLinear.of(linear, kernels, arena);
            float[] all = assertEqualsPlainJava(laidOut, linear, x, MOST_TOKENS);
            lengths().forEach(tokens -> assertThat(outputs(laidOut, x, 20, tokens)).as("%d tokens", tokens)
                    .isEqualTo(Arrays.copyOf(all, tokens * 24)));
        }
    }

    /** So wide that not all inputs stay in the cache while the blocks pass over them. */
    @ParameterizedTest
    @ValueSource(ints = {143, 144, 145, 161, 300})
    void inputsBeyondTheCacheAreTakenInParts(int tokens) {
        for (DType dtype : List.of(DType.FP32, DType.INT8)) {
            Linear linear = Models.linear(16, 1536, Sparsity.parse("2:4@16"), dtype, new SplittableRandom(5));
            try (Arena arena = Arena.ofConfined()) {
                float[] x = Models.values(1536 * tokens, 2f, new SplittableRandom(6));
                assertEqualsPlainJava(NativeLinear.of(linear, kernels, arena), linear, x, tokens);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 16})
    void everyPatternOfGroupsOfUpToEight(int v) {
        for (int m = 2; m <= 8; m++) {
            for (int n = 1; n < m; n++) {
                Sparsity sparsity = new Sparsity(n, m, v);
                for (DType dtype : List.of(DType.FP32, DType.INT8)) {
                    Linear linear = new Linear(everyPattern(sparsity, dtype), new float[v * 12]);
                    float[] x = Models.values(linear.weight().columns() * 21, 2f, new SplittableRandom(8));
                    try (Arena arena = Arena.ofConfined()) {
                        NativeLinear laidOut = NativeLinear.of(linear, kernels, arena);
                        // One panel and two, which AMX may leave to different kernels.
                        assertEqualsPlainJava(laidOut, linear, x, 5);
                        assertEqualsPlainJava(laidOut, linear, x, 21);
                    }
                }
            }
        }
    }

    /** Twelve blocks of six groups, which take the patterns in turns. */
    private static Matrix everyPattern(Sparsity sparsity, DType dtype) {
        int[] patterns = sparsity.patterns();
        int groups = 6;
        int columns = groups * sparsity.m();
        int rows = 12 * sparsity.v();
        assertThat(patterns).hasSizeLessThanOrEqualTo(12 * groups);
        float[] weights = Models.values(rows * columns, 1f, new SplittableRandom(9));
        for (int i = 0; i < weights.length; i++) {
            int group = i % columns / sparsity.m();
            int pattern = patterns[(i / columns / sparsity.v() * groups + group) % patterns.length];
            weights[i] *= pattern >> i % columns % sparsity.m() & 1;
        }
        return SparseMatrix.of(weights, rows, columns, sparsity, dtype, new int[0]);
    }

    /** Tokens side by side, each with activations of another size; a kernel that mixed lanes would spoil the small ones. */
    @ParameterizedTest
    @CsvSource({"dense, FP32", "dense, INT8", "2:4@16, FP32", "2:4@16, INT8", "2:4@4, INT8"})
    void activationsOfEverySize(String sparsity, DType dtype) {
        Linear random = Models.linear(20, 44, Sparsity.parse(sparsity), dtype, new SplittableRandom(12));
        Linear linear = new Linear(random.weight(), new float[20]);
        float[] sizes = {0, Float.MIN_VALUE, 1e-41f, 1e-38f, 1e-30f, 1e-10f, 1, 1e4f, 1e10f, 1e30f, 1e37f};
        int tokens = 3 * sizes.length;
        float[] x = Models.values(44 * tokens, 1f, new SplittableRandom(13));
        for (int i = 0; i < x.length; i++) {
            int token = i / 44;
            // A third at random, a third with all activations equal, a third with a single one that is not zero.
            float value = token % 3 == 0 ? x[i] : token % 3 == 1 ? 1 : i % 44 == token % 44 ? 1 : 0;
            x[i] = value * sizes[token / 3];
        }
        try (Arena arena = Arena.ofConfined()) {
            assertEqualsPlainJava(NativeLinear.of(linear, kernels, arena), linear, x, tokens);
        }
    }

    @Test
    void weightsTooSmallForNormalNumbers() {
        float[] weights = Models.values(16 * 32, 1e-40f, new SplittableRandom(14));
        Linear linear = new Linear(DenseMatrix.of(weights, 16, 32, DType.FP32), new float[16]);
        try (Arena arena = Arena.ofConfined()) {
            float[] x = Models.values(32 * 17, 1f, new SplittableRandom(15));
            assertEqualsPlainJava(NativeLinear.of(linear, kernels, arena), linear, x, 17);
        }
    }

    /** A head's context for the first and the last token of a text of each length. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void attentionWithinTextsOfEveryLength(boolean inCodes) {
        if (inCodes && !kernels.attendsInCodes()) {
            return;
        }
        int width = 4;
        float[][] qkv = new float[3][];
        Arrays.setAll(qkv, i -> Models.values(MOST_TOKENS * width, 2f, new SplittableRandom(i)));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] panels = Arrays.stream(qkv)
                    .map(rows -> PanelRows.panels(arena, rows, width, MOST_TOKENS).values()).toArray(MemorySegment[]::new);
            Activations out = PanelRows.panels(arena, new float[MOST_TOKENS * width], width, MOST_TOKENS);
            MemorySegment scratch = Memory.bytes(arena, kernels.attentionScratchBytes(MOST_TOKENS, width));
            lengths().forEach(tokens -> {
                MemorySegment offsets = Memory.of(arena, new int[] {0, tokens});
                if (inCodes) {
                    kernels.attentionS16(panels[0], panels[1], panels[2], out.values(), offsets, offsets, 1, width, width, 0, 1, scratch);
                } else {
                    kernels.attention(panels[0], panels[1], panels[2], out.values(), offsets, offsets, 1, width, width, 0, 1, scratch);
                }
                float[] actual = PanelRows.rows(out, tokens);
                for (int query : new int[] {0, tokens - 1}) {
                    assertThat(Arrays.copyOfRange(actual, query * width, (query + 1) * width)).as("query %d of %d", query, tokens)
                            .containsExactly(PlainAttention.context(qkv[0], qkv[1], qkv[2], width, 0, width, 0, tokens, query),
                                    within(inCodes ? 1e-3f : 2e-5f));
                }
            });
        }
    }

    private float[] outputs(NativeLinear linear, float[] x, int inputs, int tokens) {
        try (Arena arena = Arena.ofConfined()) {
            Activations input = PanelRows.panels(arena, x, inputs, tokens);
            Activations output = PanelRows.panels(arena, new float[tokens * linear.outputs()], linear.outputs(), tokens);
            if (linear.int8()) {
                input.quantise(kernels, linear.limit(), 0, Panels.count(tokens));
            }
            MemorySegment scratch = Memory.bytes(arena, linear.scratchBytes());
            linear.apply(input, output.values(), tokens, Epilogue.STORE, scratch, Share.ALL);
            return PanelRows.rows(output, tokens);
        }
    }

    /** To within half a step of each code and the rounding of sums; answers the outputs. */
    private float[] assertEqualsPlainJava(NativeLinear laidOut, Linear linear, float[] x, int tokens) {
        int inputs = linear.weight().columns();
        float[] weights = linear.weight().toFloats();
        float[] actual = outputs(laidOut, x, inputs, tokens);
        for (int t = 0; t < tokens; t++) {
            double least = Double.POSITIVE_INFINITY;
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < inputs; i++) {
                least = Math.min(least, x[t * inputs + i]);
                largest = Math.max(largest, x[t * inputs + i]);
            }
            double range = laidOut.limit() == 255 ? largest - least : Math.max(largest, -least);
            // Steps have a least size, so that a token of equal activations has one.
            double halfStep = laidOut.int8() ? 0.5 * Math.max(range, 1e-30) / laidOut.limit() : 0;
            for (int row = 0; row < linear.weight().rows(); row++) {
                double sum = linear.bias()[row];
                double magnitude = Math.abs(sum);
                double weight = 0;
                for (int i = 0; i < inputs; i++) {
                    double product = (double) weights[row * inputs + i] * x[t * inputs + i];
                    sum += product;
                    magnitude += Math.abs(product);
                    weight += Math.abs(weights[row * inputs + i]);
                }
                double offset = laidOut.int8() ? Math.max(Math.abs(least), Math.abs(largest)) * weight : 0;
                double tolerance = halfStep * weight + 1e-5 * (magnitude + offset) + inputs * (double) Float.MIN_VALUE;
                assertThat((double) actual[t * linear.weight().rows() + row])
                        .as("token %d, output %d of %s %s", t, row, linear.weight().sparsity(), linear.weight().dtype())
                        .isCloseTo(sum, within(tolerance));
            }
        }
        return actual;
    }
}
