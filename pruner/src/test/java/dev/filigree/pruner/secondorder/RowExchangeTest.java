package dev.filigree.pruner.secondorder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowExchangeTest {
    @ParameterizedTest
    @CsvSource({"2:4@4, 12, 16", "2:4@3, 10, 14", "1:4@2, 7, 12"})
    void endsWhereNoOtherExchangeLosesLess(String sparsity, int outputs, int inputs) {
        LayerProblem problem = PatternSearchTest.problem(inputs, outputs, 71);
        BlockGrid grid = BlockGrid.of(outputs, inputs, Sparsity.parse(sparsity));
        Mask start = problem.select(grid, PatternSet.all(grid.sparsity()));
        Mask moved = problem.exchangeRows(start);
        assertThat(moved.patterns()).containsExactly(start.patterns());
        double lost = problem.refit(moved).lostEnergy();
        assertThat(lost).isLessThan(problem.refit(start).lostEnergy());
        for (int i = 0; i < outputs; i++) {
            for (int j = i + 1; j < outputs; j++) {
                int[] order = moved.grid().rowOrder().clone();
                int row = order[i];
                order[i] = order[j];
                order[j] = row;
                Mask other = new Mask(new BlockGrid(outputs, inputs, grid.sparsity(), order), moved.patterns());
                assertThat(problem.refit(other).lostEnergy()).isGreaterThanOrEqualTo(lost - 1e-8);
            }
        }
    }

    @Test
    void groupingExchangingAndSearchingEachLowerTheLoss() {
        LayerProblem problem = PatternSearchTest.problem(64, 64, 72);
        PatternSet set = PatternSet.all(Sparsity.parse("2:4@16"));
        Mask inOrder = problem.select(BlockGrid.of(64, 64, set.sparsity()), set);
        Mask grouped = problem.select(problem.groupRows(set), set);
        Mask searched = problem.search(grouped, set, 3);
        Mask exchanged = problem.exchangeRows(searched);
        assertThat(problem.refit(grouped).lostEnergy()).isLessThan(problem.refit(inOrder).lostEnergy());
        assertThat(problem.refit(searched).lostEnergy()).isLessThan(problem.refit(grouped).lostEnergy());
        assertThat(problem.refit(exchanged).lostEnergy()).isLessThan(problem.refit(searched).lostEnergy());
    }
}
