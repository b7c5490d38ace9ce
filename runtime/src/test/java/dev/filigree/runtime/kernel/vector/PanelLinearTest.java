package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.vector.PanelLinear.Epilogue;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every linear kernel against sums in double over the unpacked weights. */
class PanelLinearTest {
    private static final int[] TOKENS = {1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 130};

    static Stream<Arguments> linears() {
        String[] sparsities = {
            "dense", "2:4@1", "2:4@2", "2:4@3", "2:4@4", "2:4@5", "2:4@8", "2:4@16", "2:4@32", "2:4@64", "1:4@1", "1:4@2", "1:4@4",
            "1:4@16", "4:8@1", "4:8@4", "4:8@16", "3:4@16", "1:2@16", "5:7@6", "1:32@8", "31:32@8"
        };
        int[][] sizes = {{1, 1}, {2, 3}, {3, 17}, {4, 4}, {13, 31}, {16, 16}, {33, 50}, {64, 384}, {50, 385}, {71, 401}, {96, 1536}};
        return Stream.of(sparsities).flatMap(sparsity -> Stream.of(sizes).map(size -> Arguments.of(sparsity, size[0], size[1])));
    }

    @ParameterizedTest(name = "{0}, {1} x {2}")
    @MethodSource("linears")
    void equalsTheSumsInDouble(String sparsity, int rows, int columns) {
        SplittableRandom random = new SplittableRandom(31L * rows + columns);
        Linear linear = Models.linear(rows, columns, Sparsity.parse(sparsity), DType.FP32, random);
        float[] weights = linear.weight().toFloats();
        PanelLinear kernel = new PanelLinear(linear);
        int tokens = TOKENS[random.nextInt(TOKENS.length)];
        float[] x = Models.values(Panels.count(tokens) * columns * Panels.WIDTH, 1, random);
        float[] residual = Models.values(Panels.count(tokens) * rows * Panels.WIDTH, 1, random);
        for (Epilogue epilogue : Epilogue.values()) {
            float[] y = residual.clone();
            kernel.apply(x, y, Portion.all(Panels.count(tokens)), epilogue, new PanelLinear.Scratch());
            double worst = 0;
            for (int token = 0; token < tokens; token++) {
                for (int row = 0; row < rows; row++) {
                    double sum = linear.bias()[row];
                    for (int i = 0; i < columns; i++) {
                        sum += (double) weights[row * columns + i] * x[Panels.offset(token, columns) + i * Panels.WIDTH];
                    }
                    int at = Panels.offset(token, rows) + row * Panels.WIDTH;
                    double expected = switch (epilogue) {
                        case STORE -> sum;
                        case GELU -> sum / 2 * (1 + FunctionsTest.erf(sum / Math.sqrt(2)));
                        case ADD -> sum + residual[at];
                    };
                    worst = Math.max(worst, Math.abs(y[at] - expected));
                }
            }
            assertThat(worst).as("%s, %d tokens", epilogue, tokens).isLessThan(5e-6);
        }
    }

    /** A digest of what all those linears give, the same wherever it is computed. */
    static int digest() {
        return linears().mapToInt(arguments -> {
            Object[] values = arguments.get();
            int rows = (int) values[1];
            int columns = (int) values[2];
            SplittableRandom random = new SplittableRandom(17L * rows + columns);
            PanelLinear kernel = new PanelLinear(Models.linear(rows, columns, Sparsity.parse((String) values[0]), DType.FP32, random));
            float[] y = new float[3 * rows * Panels.WIDTH];
            kernel.apply(Models.values(3 * columns * Panels.WIDTH, 1, random), y, Portion.all(3), Epilogue.GELU, new PanelLinear.Scratch());
            return Arrays.hashCode(y);
        }).reduce(1, (digest, hash) -> 31 * digest + hash);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shares")
    void sharesGiveTheBitsOfTheWhole(String sparsity, int workers) {
        SplittableRandom random = new SplittableRandom(7);
        PanelLinear kernel = new PanelLinear(Models.linear(101, 403, Sparsity.parse(sparsity), DType.FP32, random));
        float[] x = Models.values(5 * 403 * Panels.WIDTH, 1, random);
        float[] whole = new float[5 * 101 * Panels.WIDTH];
        float[] parts = new float[whole.length];
        float[] panels = new float[whole.length];
        kernel.apply(x, whole, Portion.all(5), Epilogue.STORE, new PanelLinear.Scratch());
        for (int worker = 0; worker < workers; worker++) {
            Share share = new Share(worker, workers);
            kernel.apply(x, parts, new Portion(0, 5, share, Barrier.NONE), Epilogue.STORE, new PanelLinear.Scratch());
            Portion own = new Portion(share.from(5), share.to(5), Share.ALL, Barrier.NONE);
            kernel.apply(x, panels, own, Epilogue.STORE, new PanelLinear.Scratch());
        }
        assertThat(parts).as("shares of the rows").isEqualTo(whole);
        assertThat(panels).as("panels of their own").isEqualTo(whole);
    }

    static Stream<Arguments> shares() {
        return Stream.of("dense", "2:4@1", "2:4@2", "2:4@4", "2:4@16")
                .flatMap(sparsity -> Stream.of(2, 3, 64).map(workers -> Arguments.of(sparsity, workers)));
    }

    @Test
    void keepsExtremeValuesAndDenormals() {
        float[] weights = {Float.MAX_VALUE, 0, 0, -1, 0, 0, Float.MIN_VALUE, 0, 1, 0, 0, 1};
        Matrix dense = DenseMatrix.of(weights, 3, 4, DType.FP32);
        Matrix sparse = SparseMatrix.of(weights, 3, 4, new Sparsity(2, 4, 1), DType.FP32, new int[0]);
        float[] x = new float[4 * Panels.WIDTH];
        Arrays.fill(x, 0, Panels.WIDTH, 2f);
        Arrays.fill(x, 2 * Panels.WIDTH, 3 * Panels.WIDTH, 1f);
        Arrays.fill(x, 3 * Panels.WIDTH, 4 * Panels.WIDTH, 5f);
        x[0] = Float.NaN;
        for (Matrix matrix : new Matrix[] {dense, sparse}) {
            float[] y = new float[3 * Panels.WIDTH];
            new PanelLinear(new Linear(matrix, new float[3])).apply(x, y, Portion.all(1), Epilogue.STORE, new PanelLinear.Scratch());
            assertThat(y[1]).as("overflow").isEqualTo(Float.POSITIVE_INFINITY);
            assertThat(y[Panels.WIDTH + 1]).as("denormal").isEqualTo(Float.MIN_VALUE);
            assertThat(y[2 * Panels.WIDTH + 1]).as("the token beside a NaN").isEqualTo(7f);
            assertThat(y[2 * Panels.WIDTH]).as("NaN").isNaN();
        }
    }
}
