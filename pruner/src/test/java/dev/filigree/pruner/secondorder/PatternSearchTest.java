package dev.filigree.pruner.secondorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.pattern.Projection;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PatternSearchTest {
    private static final double DAMPING = LayerProblem.DEFAULT_DAMPING;
    private static final int TO_THE_END = 50;

    @ParameterizedTest
    @CsvSource({"2:4@1, 5, 12", "2:4@4, 7, 16", "2:4@16, 19, 11", "1:2@2, 3, 9", "1:4@2, 5, 13", "3:4@3, 4, 10", "3:5@2, 5, 13",
        "4:8@3, 7, 19", "2:7@1, 2, 9"})
    void endsWhereNoOtherPatternOfAnyGroupLosesLess(String sparsity, int outputs, int inputs) throws InterruptedException {
        LayerProblem problem = problem(inputs, outputs, 51);
        BlockGrid grid = BlockGrid.of(outputs, inputs, Sparsity.parse(sparsity));
        PatternSet set = PatternSet.all(grid.sparsity());
        Mask found = problem.search(problem.select(grid, set), set, TO_THE_END);
        double lost = problem.refit(found).lostEnergy();
        for (int at = 0; at < found.patterns().length; at++) {
            for (int pattern : set.patterns()) {
                int[] other = found.patterns();
                other[at] = pattern;
                assertThat(problem.refit(new Mask(grid, other)).lostEnergy()).isGreaterThanOrEqualTo(lost - 1e-8);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2:4@1", "2:4@4", "2:4@16", "4:8@2", "8:16@4", "16:32@8"})
    void theLossNeverRises(String sparsity) throws InterruptedException {
        LayerProblem problem = problem(50, 21, 52);
        BlockGrid grid = BlockGrid.of(21, 50, Sparsity.parse(sparsity));
        PatternSet set = PatternSet.all(grid.sparsity());
        Mask start = Projection.euclidean(grid).select(problem.optimum());
        double before = problem.refit(start).lostEnergy();
        double first = before;
        for (int sweep = 0; sweep < 4; sweep++) {
            start = problem.search(start, set, 1);
            double after = problem.refit(start).lostEnergy();
            assertThat(after).isLessThanOrEqualTo(before + 1e-12);
            before = after;
        }
        assertThat(before).isLessThan(0.97 * first);
    }

    @Test
    void losesLessThanTheSaliencyOfSingleWeights() throws InterruptedException {
        LayerProblem problem = problem(64, 32, 53);
        for (String sparsity : new String[] {"2:4@1", "2:4@4", "2:4@16"}) {
            BlockGrid grid = BlockGrid.of(32, 64, Sparsity.parse(sparsity));
            PatternSet set = PatternSet.all(grid.sparsity());
            Mask start = problem.select(grid, set);
            assertThat(problem.refit(problem.search(start, set, 3)).lostEnergy())
                    .as(sparsity)
                    .isLessThan(0.95 * problem.refit(start).lostEnergy());
        }
    }

    @Test
    void staysWithinThePatternsAllowed() throws InterruptedException {
        LayerProblem problem = problem(22, 8, 54);
        BlockGrid grid = BlockGrid.of(8, 22, Sparsity.parse("2:4@4"));
        PatternSet pairs = new PatternSet(grid.sparsity(), new int[] {0b0011, 0b0101, 0b1100});
        Mask start = problem.select(grid, pairs);
        Mask found = problem.search(start, pairs, TO_THE_END);
        assertThat(found.patterns()).containsOnly(0b0011, 0b0101, 0b1100);
        assertThat(found).isNotEqualTo(start);
        assertThat(problem.refit(found).lostEnergy()).isLessThan(problem.refit(start).lostEnergy());
    }

    @Test
    void independentInputsNeedNoSearch() throws InterruptedException {
        LayerProblem problem = independent();
        for (String sparsity : new String[] {"2:4@1", "2:4@4", "4:8@2"}) {
            BlockGrid grid = BlockGrid.of(8, 16, Sparsity.parse(sparsity));
            PatternSet set = PatternSet.all(grid.sparsity());
            Mask best = problem.select(grid, set);
            assertThat(problem.search(Projection.euclidean(grid).select(new float[128]), set, TO_THE_END)).isEqualTo(best);
        }
    }

    @Test
    void followsTheRowOrder() throws InterruptedException {
        LayerProblem problem = problem(16, 6, 55);
        BlockGrid grid = new BlockGrid(6, 16, Sparsity.parse("2:4@3"), new int[] {5, 0, 3, 1, 4, 2});
        PatternSet set = PatternSet.all(grid.sparsity());
        Mask found = problem.search(problem.select(grid, set), set, TO_THE_END);
        assertThat(found.grid().rowOrder()).containsExactly(grid.rowOrder());
        assertThat(grid.obeyedBy(problem.refit(found).weight())).isTrue();
    }

    @Test
    void rowsOfAlikeSaliencyInOneBlockLoseLess() throws InterruptedException {
        LayerProblem problem = problem(64, 64, 72);
        PatternSet set = PatternSet.all(Sparsity.parse("2:4@16"));
        Mask inOrder = problem.select(BlockGrid.of(64, 64, set.sparsity()), set);
        Mask grouped = problem.select(problem.groupRows(set), set);
        assertThat(problem.refit(grouped).lostEnergy()).isLessThan(problem.refit(inOrder).lostEnergy());
        for (PatternRule rule : PatternRule.values()) {
            Mask found = rule.choose(problem, set);
            assertThat(found.grid().rowOrder()).containsExactly(grouped.grid().rowOrder());
            assertThat(problem.refit(found).lostEnergy()).isLessThan(0.97 * problem.refit(grouped).lostEnergy());
        }
    }

    @Test
    void eachLongComputationEndsWhereItIsInterrupted() throws InterruptedException {
        LayerProblem problem = problem(64, 64, 72);
        PatternSet set = PatternSet.all(Sparsity.parse("2:4@16"));
        Mask start = problem.select(BlockGrid.of(64, 64, set.sparsity()), set);
        for (ThrowingCallable computation : List.<ThrowingCallable>of(() -> problem.groupRows(set), () -> problem.search(start, set, 2),
                () -> problem.admm(start.grid(), set), () -> problem.refit(start))) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(computation);
        }
        assertThat(problem.search(start, set, 2)).as("no flag is left").isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"9, 4, 1", "14, 6, 3", "30, 11, 5"})
    void exchangingInputsIsRefittingWithoutFactoring(int inputs, int kept, int rows) {
        Quadratic loss = quadratic(inputs, rows, 56);
        int[] outputs = IntStream.range(0, rows).toArray();
        int[] first = IntStream.range(0, kept).toArray();
        RowBlock block = new RowBlock(loss, outputs, first);
        int[] now = first.clone();
        for (int i = 0; i < 3; i++) {
            block.exchange(now[i], inputs - 1 - i);
            now[i] = inputs - 1 - i;
        }
        RowBlock fresh = new RowBlock(loss, outputs, now);
        for (int p = 0; p <= kept; p++) {
            for (int q = 0; q <= kept; q++) {
                assertThat(block.inverse(p, q)).isCloseTo(fresh.inverse(p, q), within(1e-8));
            }
            for (int r = 0; r < rows; r++) {
                assertThat(block.weight(r, p)).isCloseTo(fresh.weight(r, p), within(1e-8));
            }
        }
        assertThat(block.slot(first[0])).isEqualTo(-1);
        assertThat(block.slot(inputs - 1)).isZero();
    }

    static LayerProblem problem(int inputs, int outputs, long seed) {
        Calibration layer = new Calibration(inputs, outputs, 4 * inputs + 40, seed);
        return LayerProblem.of(layer.moments(1), layer.weight, DAMPING);
    }

    /** Sixteen inputs that have nothing to do with each other, eight outputs. */
    static LayerProblem independent() {
        Calibration layer = new Calibration(16, 8, 9, 57);
        double[] gram = new double[17 * 17];
        double[] cross = new double[8 * 17];
        for (int j = 0; j < 17; j++) {
            gram[j * 17 + j] = j == 16 ? 1 : 0.1 + j % 5;
            for (int r = 0; r < 8; r++) {
                cross[r * 17 + j] = j == 16 ? 0 : gram[j * 17 + j] * layer.weight[r * 16 + j];
            }
        }
        return LayerProblem.of(new LayerMoments(16, 8, gram, cross), layer.weight, DAMPING);
    }

    private static Quadratic quadratic(int inputs, int outputs, long seed) {
        LayerMoments moments = new Calibration(inputs, outputs, 4 * inputs, seed).moments(1.0 / (4 * inputs));
        double[] matrix = moments.gram().clone();
        for (int j = 0; j < inputs; j++) {
            matrix[j * (inputs + 1) + j] += 0.05;
        }
        return new Quadratic(inputs + 1, matrix, moments.cross());
    }
}
