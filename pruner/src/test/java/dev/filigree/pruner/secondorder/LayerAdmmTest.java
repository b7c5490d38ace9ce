package dev.filigree.pruner.secondorder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.PatternSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerAdmmTest {
    @ParameterizedTest
    @CsvSource({"2:4@1, 32, 64", "2:4@4, 30, 61", "2:4@16, 33, 64", "1:4@2, 8, 50", "4:8@4, 16, 64", "8:16@2, 16, 40"})
    void losesLessThanTheSaliencyOfSingleWeights(String sparsity, int outputs, int inputs) throws InterruptedException {
        LayerProblem problem = PatternSearchTest.problem(inputs, outputs, 61);
        BlockGrid grid = BlockGrid.of(outputs, inputs, Sparsity.parse(sparsity));
        PatternSet set = PatternSet.all(grid.sparsity());
        Mask found = problem.admm(grid, set);
        PrunedLinear pruned = problem.refit(found);
        assertThat(grid.obeyedBy(pruned.weight())).isTrue();
        assertThat(pruned.lostEnergy()).isLessThan(0.97 * problem.refit(problem.select(grid, set)).lostEnergy());
    }

    @Test
    void comesNearTheBestOfAllPatterns() throws InterruptedException {
        LayerProblem problem = PatternSearchTest.problem(16, 1, 62);
        BlockGrid grid = BlockGrid.of(1, 16, Sparsity.parse("2:4"));
        PatternSet set = PatternSet.all(grid.sparsity());
        int[] patterns = set.patterns();
        double best = 1;
        double sum = 0;
        for (int i = 0; i < 1296; i++) {
            int[] chosen = {patterns[i % 6], patterns[i / 6 % 6], patterns[i / 36 % 6], patterns[i / 216]};
            double lost = problem.refit(new Mask(grid, chosen)).lostEnergy();
            best = Math.min(best, lost);
            sum += lost;
        }
        double found = problem.refit(problem.admm(grid, set)).lostEnergy();
        assertThat(found).isBetween(best - 1e-12, best + 0.02 * (sum / 1296 - best));
    }
}
