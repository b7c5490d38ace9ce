package dev.filigree.pruner.secondorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.pattern.Projection;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerProblemTest {
    private static final double DAMPING = LayerProblem.DEFAULT_DAMPING;

    @ParameterizedTest
    @CsvSource({"2:4@1, 8, 12", "2:4@4, 10, 13", "2:4@16, 19, 26", "1:4@2, 5, 7", "4:8@3, 7, 31", "dense, 4, 9", "2:4@1, 3, 1"})
    void refitIsTheLeastSquaresSolutionOverTheKeptInputs(String sparsity, int outputs, int inputs) throws InterruptedException {
        Calibration layer = new Calibration(inputs, outputs, 90, 31);
        BlockGrid grid = BlockGrid.of(outputs, inputs, Sparsity.parse(sparsity));
        PrunedLinear pruned = prune(layer, grid);
        double lambda = layer.lambda(DAMPING);
        double lost = 0;
        double explained = 0;
        for (int r = 0; r < outputs; r++) {
            double[] expected = layer.leastSquares(r, kept(pruned.mask(), r), lambda);
            for (int j = 0; j < inputs; j++) {
                assertThat((double) pruned.weight()[r * inputs + j]).isCloseTo(expected[j], within(1e-5));
            }
            assertThat((double) pruned.bias()[r]).isCloseTo(expected[inputs], within(1e-5));

            double[] dense = layer.leastSquares(r, allOf(inputs), lambda);
            double floor = layer.loss(r, dense, dense[inputs], lambda);
            lost += layer.loss(r, expected, expected[inputs], lambda) - floor;
            explained += layer.loss(r, new double[inputs], 0, lambda) - floor;
        }
        assertThat(pruned.lostEnergy()).isCloseTo(lost / explained, within(1e-9));
        assertThat(grid.obeyedBy(pruned.weight())).isTrue();
    }

    @Test
    void refitIsAStationaryPointOfTheLossOverTheData() throws InterruptedException {
        Calibration layer = new Calibration(22, 9, 70, 32);
        PrunedLinear pruned = prune(layer, BlockGrid.of(9, 22, Sparsity.parse("2:4@4")));
        double lambda = layer.lambda(DAMPING);
        for (int r = 0; r < 9; r++) {
            double[] w = row(pruned.weight(), r, 22);
            boolean[] kept = kept(pruned.mask(), r);
            for (int j = 0; j <= 22; j++) {
                double gradient = centralDifference(layer, r, w, pruned.bias()[r], j, lambda);
                if (j == 22 || kept[j]) {
                    assertThat(gradient).as("output %d, entry %d", r, j).isCloseTo(0, within(1e-4));
                }
            }
        }
    }

    @Test
    void theScoreIsWhatRemovingOneWeightCostsOnceAllOthersMakeUpForIt() {
        Calibration layer = new Calibration(11, 3, 60, 33);
        LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        double lambda = layer.lambda(DAMPING);
        double[] metric = problem.metric();
        float[] optimum = problem.optimum();
        for (int r = 0; r < 3; r++) {
            double[] dense = layer.leastSquares(r, allOf(11), lambda);
            double floor = layer.loss(r, dense, dense[11], lambda);
            for (int j = 0; j < 11; j++) {
                boolean[] without = allOf(11);
                without[j] = false;
                double[] rest = layer.leastSquares(r, without, lambda);
                double increase = layer.loss(r, rest, rest[11], lambda) - floor;
                double w = optimum[r * 11 + j];
                assertThat(w * w * metric[j] / 2).isCloseTo(increase, within(1e-6 + 1e-6 * increase));
            }
        }
    }

    @Test
    void choosesTheGroupsCheapestByTheSummedScore() {
        Calibration layer = new Calibration(16, 8, 80, 34);
        LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        BlockGrid grid = BlockGrid.of(8, 16, Sparsity.parse("2:4@4"));
        Mask mask = problem.select(grid, PatternSet.all(grid.sparsity()));
        float[] optimum = problem.optimum();
        for (int block = 0; block < 2; block++) {
            for (int group = 0; group < 4; group++) {
                double[] scores = new double[4];
                for (int j = 0; j < 4; j++) {
                    for (int r = 4 * block; r < 4 * block + 4; r++) {
                        scores[j] += Math.pow(optimum[r * 16 + 4 * group + j], 2) * problem.metric()[4 * group + j];
                    }
                }
                double[] sorted = scores.clone();
                Arrays.sort(sorted);
                for (int j = 0; j < 4; j++) {
                    assertThat(mask.pattern(block, group) >>> j & 1).isEqualTo(scores[j] >= sorted[2] ? 1 : 0);
                }
            }
        }
    }

    @Test
    void losesLessThanMagnitudeOnInputsThatDependOnEachOther() throws InterruptedException {
        Calibration layer = new Calibration(64, 32, 600, 35);
        LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        for (String sparsity : new String[] {"2:4@1", "2:4@4", "2:4@16"}) {
            BlockGrid grid = BlockGrid.of(32, 64, Sparsity.parse(sparsity));
            Mask magnitude = Projection.euclidean(grid).select(layer.weight);
            double secondOrder = problem.refit(problem.select(grid, PatternSet.all(grid.sparsity()))).lostEnergy();
            double refittedMagnitude = problem.refit(magnitude).lostEnergy();
            assertThat(secondOrder).as(sparsity).isLessThan(refittedMagnitude);
        }
    }

    @Test
    void sumsAndMeansGiveTheSame() throws InterruptedException {
        Calibration layer = new Calibration(12, 6, 50, 36);
        BlockGrid grid = BlockGrid.of(6, 12, Sparsity.parse("2:4@2"));
        LayerProblem sums = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        LayerProblem means = LayerProblem.of(layer.moments(1.0 / 50), layer.weight, DAMPING);
        Mask mask = sums.select(grid, PatternSet.all(grid.sparsity()));
        assertThat(means.select(grid, PatternSet.all(grid.sparsity()))).isEqualTo(mask);
        assertThat(means.refit(mask).weight()).containsExactly(sums.refit(mask).weight(), within(1e-6f));
    }

    @Test
    void survivesRepeatedAndSilentInputsAndTooFewTokens() throws InterruptedException {
        Calibration layer = new Calibration(40, 8, 9, 37);
        for (double[] token : layer.x) {
            token[7] = token[3];
            token[8] = 1e-9 * token[4];
            token[20] = 0;
            token[21] = 1e3 * token[22];
        }
        BlockGrid grid = BlockGrid.of(8, 40, Sparsity.parse("2:4@4"));
        for (double damping : new double[] {DAMPING, 1e-30}) {
            LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, damping);
            PrunedLinear pruned = problem.refit(problem.select(grid, PatternSet.all(grid.sparsity())));
            for (float w : pruned.weight()) {
                assertThat(w).isFinite().isBetween(-1e3f, 1e3f);
            }
            assertThat(pruned.lostEnergy()).isBetween(0.0, 1.0);
            assertThat(grid.obeyedBy(pruned.weight())).isTrue();
        }
    }

    @Test
    void aLayerThatSeesNothingKeepsItsTrainedWeights() throws InterruptedException {
        float[] weight = {1, -2, 3, -4};
        double[] gram = new double[25];
        gram[24] = 7;
        double[] cross = {0, 0, 0, 0, 14};
        LayerProblem problem = LayerProblem.of(new LayerMoments(4, 1, gram, cross), weight, DAMPING);
        assertThat(problem.optimum()).containsExactly(weight, within(1e-6f));
        BlockGrid grid = BlockGrid.of(1, 4, Sparsity.parse("2:4"));
        PrunedLinear pruned = problem.refit(problem.select(grid, PatternSet.all(grid.sparsity())));
        assertThat(pruned.weight()).containsExactly(new float[] {0, 0, 3, -4}, within(1e-6f));
        assertThat(pruned.bias()).containsExactly(2);
    }

    @Test
    void followsTheRowOrder() throws InterruptedException {
        Calibration layer = new Calibration(12, 6, 50, 38);
        LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        BlockGrid grid = new BlockGrid(6, 12, Sparsity.parse("2:4@3"), new int[] {5, 0, 3, 1, 4, 2});
        PrunedLinear pruned = problem.refit(problem.select(grid, PatternSet.all(grid.sparsity())));
        assertThat(grid.obeyedBy(pruned.weight())).isTrue();
        assertThat(BlockGrid.of(6, 12, grid.sparsity()).obeyedBy(pruned.weight())).isFalse();
    }

    @Test
    void refusesMomentsThatDoNotFit() {
        assertThatThrownBy(() -> new LayerMoments(2, 1, new double[8], new double[3])).hasMessageContaining("3 x 3 values, got 8");
        assertThatThrownBy(() -> new LayerMoments(1, 1, new double[4], new double[2])).hasMessageContaining("hold no tokens");
        assertThatThrownBy(() -> new LayerMoments(1, 1, new double[] {1, 0, Double.NaN, 1}, new double[2]))
                .hasMessageContaining("hold NaN");
        LayerMoments moments = new LayerMoments(1, 1, new double[] {1, 0, 0, 1}, new double[2]);
        assertThatThrownBy(() -> LayerProblem.of(moments, new float[2], DAMPING)).hasMessageContaining("1 x 1 layer, but there are 2");
        assertThatThrownBy(() -> LayerProblem.of(moments, new float[1], 0)).hasMessageContaining("must be positive");
        Mask wide = Projection.euclidean(BlockGrid.of(1, 2, Sparsity.DENSE)).select(new float[2]);
        assertThatThrownBy(() -> LayerProblem.of(moments, new float[1], DAMPING).refit(wide)).hasMessageContaining("1 x 2 matrix");
    }

    private static PrunedLinear prune(Calibration layer, BlockGrid grid) throws InterruptedException {
        LayerProblem problem = LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
        return problem.refit(problem.select(grid, PatternSet.all(grid.sparsity())));
    }

    private static double centralDifference(Calibration layer, int output, double[] w, double bias, int entry, double lambda) {
        double step = 1e-4;
        double[] moved = w.clone();
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            double by = side == 0 ? -step : step;
            if (entry < w.length) {
                moved[entry] = w[entry] + by;
            }
            losses[side] = layer.loss(output, moved, entry == w.length ? bias + by : bias, lambda);
        }
        return (losses[1] - losses[0]) / (2 * step);
    }

    private static boolean[] kept(Mask mask, int row) {
        float[] ones = mask.toFloats();
        int inputs = mask.grid().columns();
        boolean[] kept = new boolean[inputs];
        for (int j = 0; j < inputs; j++) {
            kept[j] = ones[row * inputs + j] == 1;
        }
        return kept;
    }

    private static boolean[] allOf(int inputs) {
        boolean[] all = new boolean[inputs];
        Arrays.fill(all, true);
        return all;
    }

    private static double[] row(float[] weight, int row, int inputs) {
        double[] values = new double[inputs];
        for (int j = 0; j < inputs; j++) {
            values[j] = weight[row * inputs + j];
        }
        return values;
    }
}
