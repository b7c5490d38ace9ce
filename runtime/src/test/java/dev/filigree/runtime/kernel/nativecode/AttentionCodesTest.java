package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.runtime.kernel.vector.Models;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention in 16-bit codes: its errors, its limits, and that a sequence gets the same wherever it lies. */
@ParameterizedClass
@MethodSource("levels")
class AttentionCodesTest {
    private static final int WIDTH = 32;

    private final NativeKernels kernels;

    AttentionCodesTest(NativeKernels kernels) {
        this.kernels = kernels;
    }

    static Stream<NativeKernels> levels() {
        return NativeLevels.all().stream().filter(NativeKernels::attendsInCodes);
    }

    /** What the kernel's first comment says of its errors, in parts of the largest value. */
    @ParameterizedTest
    @CsvSource({
        "0.05, 32, 4e-5, 2e-4", "0.05, 100, 3e-5, 2e-4", "0.05, 512, 2e-5, 2e-4",
        "1.2, 32, 1e-4, 5e-4", "1.2, 100, 1e-4, 5e-4", "1.2, 512, 1e-4, 5e-4",
        "5, 32, 4e-4, 5e-3", "5, 100, 4e-4, 5e-3", "5, 512, 4e-4, 5e-3"
    })
    void errors(float deviation, int tokens, double rootMeanSquare, double largest) {
        Random random = new Random(tokens);
        assertErrors(normal(tokens, deviation, random), normal(tokens, deviation, random), normal(tokens, 1, random), tokens,
                rootMeanSquare, largest);
    }

    /** One key that has nine tenths of the weight, and all others together the rest. */
    @ParameterizedTest
    @ValueSource(ints = {32, 64, 128, 512})
    void errorsWhereOneKeyHasMostOfTheWeight(int tokens) {
        Random random = new Random(tokens);
        float[] q = normal(tokens, 0.1f, random);
        float[] k = normal(tokens, 0.1f, random);
        float[] direction = normal(1, 1, random);
        double square = 0;
        for (float x : direction) {
            square += x * x;
        }
        float score = (float) (Math.log(9.0 * (tokens - 1)) * Math.sqrt(WIDTH) / square);
        for (int i = 0; i < q.length; i++) {
            q[i] += direction[i % WIDTH];
            k[i] += i / WIDTH == tokens / 3 ? score * direction[i % WIDTH] : 0;
        }
        assertErrors(q, k, normal(tokens, 1, random), tokens, 3e-4, 3e-3);
    }

    private void assertErrors(float[] q, float[] k, float[] v, int tokens, double rootMeanSquare, double largest) {
        float[] actual = attend(q, k, v, WIDTH, 0, tokens);
        double most = 0;
        for (float x : v) {
            most = Math.max(most, Math.abs(x));
        }
        double squares = 0;
        int count = 0;
        for (int query = 0; query < tokens; query += 5) {
            float[] expected = PlainAttention.context(q, k, v, WIDTH, 0, WIDTH, 0, tokens, query);
            for (int d = 0; d < WIDTH; d++, count++) {
                double error = Math.abs(actual[query * WIDTH + d] - expected[d]) / most;
                assertThat(error).as("query %d, feature %d", query, d).isLessThan(largest);
                squares += error * error;
            }
        }
        assertThat(Math.sqrt(squares / count)).as("root mean square").isLessThan(rootMeanSquare);
    }

    /** All values as large as any, and all weights or half of them too: no sum may leave its 32 bits, and nothing is rounded. */
    @ParameterizedTest
    @CsvSource({"31, 32", "32, 32", "33, 32", "64, 1", "64, 64", "512, 32", "512, 7", "1500, 4"})
    void sumsAtTheirLargest(int tokens, int width) {
        for (int features : new int[] {0, 1, width}) {
            float[] k = new float[tokens * width];
            float[] v = new float[tokens * width];
            for (int i = 0; i < k.length; i++) {
                boolean first = i / width < (tokens + 1) / 2;
                k[i] = i % width >= features ? 0 : first ? 20 : -20;
                v[i] = (i % width % 2 == 0 ? 3 : -3) * (features == 0 || first ? 1 : -1);
            }
            float[] actual = attend(k, k, v, width, 0, tokens);
            for (int i = 0; i < actual.length; i++) {
                assertThat(actual[i]).as("%d features, token %d", features, i / width).isCloseTo(v[i], within(1e-6f));
            }
        }
    }

    /** Keys this many nats below the largest, in which e^x is less than half a code. */
    @ParameterizedTest
    @ValueSource(floats = {12, 13, 50, 1e3f, 1e5f, 1e7f, 1e15f, 1e30f})
    void keysFarBelowTheLargestWeighNothing(float nats) {
        int tokens = 500;
        float[] q = new float[tokens];
        float[] k = new float[tokens];
        float[] v = new float[tokens];
        Arrays.fill(q, (float) Math.sqrt(nats));
        Arrays.fill(v, -1);
        k[77] = (float) Math.sqrt(nats);
        v[77] = 1;
        assertThat(attend(q, k, v, 1, 0, tokens)).containsOnly(1);
    }

    /** Scores around zero, and numbers too small for their squares to be any. */
    @ParameterizedTest
    @ValueSource(floats = {0, Float.MIN_VALUE, 1e-30f, 1e-16f, 1e-10f, 1e-5f})
    void scoresOfNothingWeighTheSame(float size) {
        int tokens = 45;
        Random random = new Random(1);
        float[] v = normal(tokens, 1, random);
        float[] actual = attend(normal(tokens, size, random), normal(tokens, size, random), v, WIDTH, 0, tokens);
        for (int d = 0; d < WIDTH; d++) {
            double mean = 0;
            for (int token = 0; token < tokens; token++) {
                mean += v[token * WIDTH + d] / (double) tokens;
            }
            assertThat(actual[d]).isCloseTo((float) mean, within(1e-3f));
        }
    }

    /** Around each count of tokens that the kernel treats in a way of its own; what lies beside the sequence is not even a number. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 28, 31, 32, 33, 37, 47, 48, 49, 63, 64, 65, 127, 128, 129})
    void theSameWhereverItLies(int tokens) {
        for (int width : new int[] {WIDTH, 5}) {
            float[][] qkv = new float[3][];
            Arrays.setAll(qkv, i -> Models.values(tokens * width, 2f, new SplittableRandom(i)));
            float[] alone = attend(qkv[0], qkv[1], qkv[2], width, 0, tokens);
            for (int query : new int[] {0, tokens / 2, tokens - 1}) {
                assertThat(Arrays.copyOfRange(alone, query * width, (query + 1) * width)).as("query %d", query)
                        .containsExactly(PlainAttention.context(qkv[0], qkv[1], qkv[2], width, 0, width, 0, tokens, query), within(1e-3f));
            }
            for (int start : new int[] {1, 5, 8, 15, 16, 30}) {
                assertThat(attend(qkv[0], qkv[1], qkv[2], width, start, tokens)).as("from token %d", start).isEqualTo(alone);
            }
        }
    }

    /** One head's context of a sequence that starts at the token {@code start} of a batch; asserts that no other token gets any. */
    private float[] attend(float[] q, float[] k, float[] v, int width, int start, int tokens) {
        int all = start + tokens + 3;
        try (Arena arena = Arena.ofConfined()) {
            float[] untouched = new float[all * width];
            Arrays.fill(untouched, 7);
            Activations out = PanelRows.panels(arena, untouched, width, all);
            MemorySegment scratch = Memory.bytes(arena, kernels.attentionScratchBytes(tokens, width));
            MemorySegment offsets = Memory.of(arena, new int[] {start, start + tokens});
            kernels.attentionS16(
                    among(arena, q, width, start, all), among(arena, k, width, start, all), among(arena, v, width, start, all),
                    out.values(), offsets, offsets, 1, width, width, 0, 1, scratch);
            float[] rows = PanelRows.rows(out, all);
            int end = (start + tokens) * width;
            System.arraycopy(rows, start * width, untouched, start * width, end - start * width);
            assertThat(rows).as("outputs of other tokens").isEqualTo(untouched);
            return Arrays.copyOfRange(rows, start * width, end);
        }
    }

    private static MemorySegment among(Arena arena, float[] rows, int width, int start, int all) {
        float[] batch = new float[all * width];
        Arrays.fill(batch, Float.NaN);
        System.arraycopy(rows, 0, batch, start * width, rows.length);
        return PanelRows.panels(arena, batch, width, all).values();
    }

    private static float[] normal(int tokens, float deviation, Random random) {
        float[] values = new float[tokens * WIDTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
        }
        return values;
    }
}
