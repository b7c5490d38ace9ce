package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.reference.ReferenceGelu;
import dev.filigree.runtime.kernel.vector.Models;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kernel of each level that this machine can run, against plain Java. */
@ParameterizedClass
@MethodSource("dev.filigree.runtime.kernel.nativecode.NativeLevels#all")
class NativeKernelsTest {
    private final NativeKernels kernels;

    NativeKernelsTest(NativeKernels kernels) {
        this.kernels = kernels;
    }

    @ParameterizedTest
    @CsvSource({
        "dense, 1, 1, 1", "dense, 33, 20, 16", "dense, 64, 48, 17", "dense, 5, 7, 40",
        "2:4@16, 32, 16, 1", "2:4@16, 48, 64, 8", "2:4@16, 40, 30, 9", "2:4@4, 12, 21, 24", "2:4@1, 9, 12, 16", "1:4@8, 24, 32, 33",
        "4:8@16, 21, 24, 16", "1:2@64, 70, 10, 5", "3:7@5, 13, 22, 31", "16:32@16, 32, 70, 16", "31:32@4, 8, 64, 3",
        "2:4@16, 70, 101, 17", "4:8@16, 21, 24, 33", "1:2@64, 70, 9, 20", "1:4@16, 48, 68, 49"
    })
    void linearEqualsPlainJava(String sparsity, int outputs, int inputs, int tokens) {
        for (DType dtype : List.of(DType.FP32, DType.FP16, DType.INT8)) {
            Matrix weight = Models.matrix(outputs, inputs, sparsity.equals("dense") ? Sparsity.DENSE : Sparsity.parse(sparsity), dtype,
                    new SplittableRandom(outputs * 31L + inputs));
            float[] x = Models.values(inputs * tokens, 2f, new SplittableRandom(7));
            for (Epilogue epilogue : Epilogue.values()) {
                check(weight, x, tokens, epilogue);
            }
        }
    }

    private void check(Matrix weight, float[] x, int tokens, Epilogue epilogue) {
        float[] bias = Models.values(weight.rows(), 0.5f, new SplittableRandom(9));
        float[] before = Models.values(weight.rows() * tokens, 1f, new SplittableRandom(10));
        try (Arena arena = Arena.ofConfined()) {
            NativeLinear linear = NativeLinear.of(new Linear(weight, bias), kernels, arena);
            Activations input = PanelRows.panels(arena, x, weight.columns(), tokens);
            Activations output = PanelRows.panels(arena, before, weight.rows(), tokens);
            if (linear.int8()) {
                input.quantise(kernels, linear.limit(), 0, Panels.count(tokens));
            }
            MemorySegment scratch = Memory.bytes(arena, linear.scratchBytes());
            // Three workers, one after the other.
            for (int worker = 0; worker < 3; worker++) {
                linear.apply(input, output.values(), tokens, epilogue, scratch, new Share(worker, 3));
            }
            float[] weights = weight.toFloats();
            float[] expected = new float[before.length];
            for (int t = 0; t < tokens; t++) {
                for (int row = 0; row < weight.rows(); row++) {
                    double sum = bias[row];
                    for (int i = 0; i < weight.columns(); i++) {
                        sum += (double) weights[row * weight.columns() + i] * x[t * weight.columns() + i];
                    }
                    expected[t * weight.rows() + row] = (float) switch (epilogue) {
                        case STORE -> sum;
                        case GELU -> gelu(sum);
                        case ADD -> sum + before[t * weight.rows() + row];
                    };
                }
            }
            // Half a step in each of the inputs (2 / 32767 or 4 / 255), whose weights are below sqrt(3 / inputs).
            float halfStep = linear.limit() == 255 ? 2f / 255 : 1f / Short.MAX_VALUE;
            float tolerance = linear.int8() ? 1.8f * halfStep * (float) Math.sqrt(weight.columns()) : 1e-5f;
            assertThat(PanelRows.rows(output, tokens)).as("%s %s %s", weight.sparsity(), weight.dtype(), epilogue)
                    .containsExactly(expected, within(tolerance));
        }
    }

    /** With scales of one and whole numbers as inputs nothing may be rounded at all: the sums of products are integers. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 64, 384, 1536, 3072})
    void integerSumsAreExactEvenAtTheirLargest(int inputs) {
        int rows = 6;
        byte[] codes = new byte[rows * inputs];
        new Random(inputs).nextBytes(codes);
        float[] weights = new float[codes.length];
        for (int i = 0; i < codes.length; i++) {
            // The first row is the largest sum there can be.
            weights[i] = i < inputs ? 127 : Math.max(-127, codes[i]);
        }
        float[] ones = new float[rows];
        Arrays.fill(ones, 1f);
        try (Arena arena = Arena.ofConfined()) {
            NativeLinear linear = NativeLinear.of(
                    new Linear(DenseMatrix.ofInt8(weights, rows, inputs, ones), new float[rows]), kernels, arena);
            int limit = linear.limit();
            float[] x = new float[inputs];
            Arrays.fill(x, limit);
            for (int i = 1; i < inputs; i += 2) {
                // From zero to the limit, so that a step is one wherever codes start.
                x[i] = i == 1 ? 0 : i % 3 == 0 ? limit : limit - i % 5;
            }
            Activations input = PanelRows.panels(arena, x, inputs, 1);
            Activations output = PanelRows.panels(arena, new float[rows], rows, 1);
            input.quantise(kernels, limit, 0, 1);
            linear.apply(input, output.values(), 1, Epilogue.STORE, Memory.bytes(arena, linear.scratchBytes()), Share.ALL);
            float[] actual = PanelRows.rows(output, 1);
            for (int row = 0; row < rows; row++) {
                long sum = 0;
                for (int i = 0; i < inputs; i++) {
                    sum += (long) weights[row * inputs + i] * (long) x[i];
                }
                assertThat(actual[row]).isEqualTo((float) sum);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "20, 16", "384, 33"})
    void layerNormEqualsPlainJava(int features, int tokens) {
        float[] x = Models.values(features * tokens, 3f, new SplittableRandom(1));
        float[] gamma = Models.values(features, 1f, new SplittableRandom(2));
        float[] beta = Models.values(features, 1f, new SplittableRandom(3));
        try (Arena arena = Arena.ofConfined()) {
            Activations values = PanelRows.panels(arena, x, features, tokens);
            NativeNorm.of(new LayerNorm(gamma, beta), 1e-5f, kernels, arena).apply(values, 0, Panels.count(tokens));
            float[] expected = new float[x.length];
            for (int t = 0; t < tokens; t++) {
                double mean = 0;
                double variance = 0;
                for (int i = 0; i < features; i++) {
                    mean += x[t * features + i] / (double) features;
                }
                for (int i = 0; i < features; i++) {
                    variance += Math.pow(x[t * features + i] - mean, 2) / features;
                }
                for (int i = 0; i < features; i++) {
                    expected[t * features + i] =
                            (float) ((x[t * features + i] - mean) / Math.sqrt(variance + 1e-5) * gamma[i] + beta[i]);
                }
            }
            assertThat(PanelRows.rows(values, tokens)).containsExactly(expected, within(2e-5f));
        }
    }

    /** Sequences that start and end anywhere in a panel; other sequences' tokens must not be touched. */
    @ParameterizedTest
    @CsvSource({"2, 32", "3, 5", "1, 1"})
    void attentionEqualsPlainJava(int heads, int width) {
        int[] offsets = {0, 1, 9, 12, 30, 33, 100, 101};
        int tokens = 101;
        int hidden = heads * width;
        float[] q = Models.values(tokens * hidden, 2f, new SplittableRandom(1));
        float[] k = Models.values(tokens * hidden, 2f, new SplittableRandom(2));
        float[] v = Models.values(tokens * hidden, 2f, new SplittableRandom(3));
        try (Arena arena = Arena.ofConfined()) {
            Activations out = PanelRows.panels(arena, new float[tokens * hidden], hidden, tokens);
            int items = (offsets.length - 1) * heads;
            MemorySegment scores = Memory.bytes(arena, kernels.attentionScratchBytes(67, width));
            MemorySegment at = Memory.of(arena, offsets);
            int pitch = hidden + 3;
            MemorySegment queries = PanelRows.panels(arena, widened(q, hidden, pitch), pitch, tokens).values();
            MemorySegment keys = PanelRows.panels(arena, widened(k, hidden, pitch), pitch, tokens).values();
            MemorySegment values = PanelRows.panels(arena, widened(v, hidden, pitch), pitch, tokens).values();
            kernels.attention(queries, keys, values, out.values(), at, at, heads, width, pitch, 0, items / 2, scores);
            kernels.attention(queries, keys, values, out.values(), at, at, heads, width, pitch, items / 2, items, scores);
            float[] expected = new float[tokens * hidden];
            for (int s = 0; s + 1 < offsets.length; s++) {
                for (int head = 0; head < heads; head++) {
                    for (int query = offsets[s]; query < offsets[s + 1]; query++) {
                        float[] context = PlainAttention.context(q, k, v, hidden, head * width, width, offsets[s], offsets[s + 1], query);
                        System.arraycopy(context, 0, expected, query * hidden + head * width, width);
                    }
                }
            }
            assertThat(PanelRows.rows(out, tokens)).containsExactly(expected, within(2e-5f));
            if (kernels.attendsInCodes()) {
                out.values().fill((byte) 0);
                kernels.attentionS16(queries, keys, values, out.values(), at, at, heads, width, pitch, 0, items / 2, scores);
                kernels.attentionS16(queries, keys, values, out.values(), at, at, heads, width, pitch, items / 2, items, scores);
                assertThat(PanelRows.rows(out, tokens)).containsExactly(expected, within(1e-3f));
            }
        }
    }

    /** Queries with rows of their own find what they find among all the others, and go to their own rows. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void firstTokensAttendAloneAsAmongAll(boolean inCodes) {
        if (inCodes && !kernels.attendsInCodes()) {
            return;
        }
        int[] offsets = {0, 1, 9, 12, 30, 33, 100, 101, 109, 118, 120, 121, 122, 123, 124, 125, 126, 150, 151};
        int sequences = offsets.length - 1;
        int tokens = offsets[sequences];
        int heads = 3;
        int width = 5;
        int hidden = heads * width;
        float[][] qkv = new float[3][];
        Arrays.setAll(qkv, i -> Models.values(tokens * hidden, 2f, new SplittableRandom(i)));
        float[] firsts = new float[sequences * hidden];
        for (int s = 0; s < sequences; s++) {
            System.arraycopy(qkv[0], offsets[s] * hidden, firsts, s * hidden, hidden);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] panels = Arrays.stream(qkv)
                    .map(rows -> PanelRows.panels(arena, rows, hidden, tokens).values()).toArray(MemorySegment[]::new);
            MemorySegment alone = PanelRows.panels(arena, firsts, hidden, sequences).values();
            MemorySegment scratch = Memory.bytes(arena, kernels.attentionScratchBytes(67, width));
            MemorySegment keys = Memory.of(arena, offsets);
            MemorySegment one = Memory.of(arena, IntStream.rangeClosed(0, sequences).toArray());
            Activations amongAll = PanelRows.panels(arena, new float[tokens * hidden], hidden, tokens);
            Activations out = PanelRows.panels(arena, new float[sequences * hidden], hidden, sequences);
            int items = sequences * heads;
            if (inCodes) {
                kernels.attentionS16(
                        panels[0], panels[1], panels[2], amongAll.values(), keys, keys, heads, width, hidden, 0, items, scratch);
                kernels.attentionS16(alone, panels[1], panels[2], out.values(), one, keys, heads, width, hidden, 0, items, scratch);
            } else {
                kernels.attention(panels[0], panels[1], panels[2], amongAll.values(), keys, keys, heads, width, hidden, 0, items, scratch);
                kernels.attention(alone, panels[1], panels[2], out.values(), one, keys, heads, width, hidden, 0, items, scratch);
            }
            float[] expected = new float[sequences * hidden];
            float[] all = PanelRows.rows(amongAll, tokens);
            for (int s = 0; s < sequences; s++) {
                System.arraycopy(all, offsets[s] * hidden, expected, s * hidden, hidden);
            }
            assertThat(PanelRows.rows(out, sequences)).isEqualTo(expected);
        }
    }

    /** Rows with features that nobody may read behind the others. */
    private static float[] widened(float[] rows, int features, int pitch) {
        float[] wide = new float[rows.length / features * pitch];
        Arrays.fill(wide, Float.NaN);
        for (int row = 0; row < rows.length / features; row++) {
            System.arraycopy(rows, row * features, wide, row * pitch, features);
        }
        return wide;
    }

    private static double gelu(double x) {
        return ReferenceGelu.of(x);
    }
}
