package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowGroupingTest {
    @ParameterizedTest
    @CsvSource({"2:4@4, 16, 24", "2:4@16, 64, 32", "1:4@3, 12, 20", "4:8@8, 32, 40"})
    void findsRowsThatWantTheSameInputs(String text, int rows, int columns) throws InterruptedException {
        Sparsity sparsity = Sparsity.parse(text);
        Random random = new Random(81);
        int blocks = rows / sparsity.v();
        float[][] wanted = new float[blocks][];
        for (int b = 0; b < blocks; b++) {
            int[] patterns = new int[sparsity.groups(columns)];
            int[] all = sparsity.patterns();
            Arrays.setAll(patterns, i -> all[random.nextInt(all.length)]);
            wanted[b] = new Mask(BlockGrid.of(1, columns, new Sparsity(sparsity.n(), sparsity.m(), 1)), patterns).toFloats();
        }
        double[] saliency = new double[rows * columns];
        for (int i = 0; i < saliency.length; i++) {
            saliency[i] = (1 + i / columns % 3) * (0.1 * random.nextDouble() + wanted[i / columns % blocks][i % columns]);
        }
        BlockGrid grid = RowGrouping.of(PatternSet.all(sparsity), columns, saliency);
        for (int block = 0; block < blocks; block++) {
            assertThat(Arrays.stream(grid.rowsOf(block)).map(row -> row % blocks).distinct().count()).isOne();
        }
    }

    @ParameterizedTest
    @CsvSource({"2:4@4, 19, 13", "2:4@16, 37, 24", "3:5@2, 5, 17", "8:16@3, 10, 40"})
    void neverKeepsLessSaliencyThanTheRowsInOrder(String text, int rows, int columns) throws InterruptedException {
        PatternSet set = PatternSet.all(Sparsity.parse(text));
        double[] saliency = new Random(82).doubles((long) rows * columns).map(x -> x * x * x).toArray();
        BlockGrid grid = RowGrouping.of(set, columns, saliency);
        assertThat(kept(grid, set, saliency)).isGreaterThanOrEqualTo(kept(BlockGrid.of(rows, columns, set.sparsity()), set, saliency));
        assertThat(RowGrouping.of(set, columns, saliency).rowOrder()).containsExactly(grid.rowOrder());
    }

    @Test
    void leavesRowsInOrderWhereThereIsNothingToChoose() throws InterruptedException {
        double[] saliency = new Random(83).doubles(40).toArray();
        assertThat(RowGrouping.of(PatternSet.all(Sparsity.parse("2:4")), 8, saliency).rowOrder()).isEmpty();
        assertThat(RowGrouping.of(PatternSet.all(Sparsity.parse("2:4@16")), 8, saliency).rowOrder()).isEmpty();
        assertThat(RowGrouping.of(PatternSet.all(Sparsity.parse("2:4@2")), 8, new double[40]).rowOrder()).isEmpty();
    }

    @Test
    void exchangesRowsUntilNoPairGains() {
        BlockGrid grid = new BlockGrid(11, 4, Sparsity.parse("2:4@3"), new int[] {3, 1, 2, 0, 4, 5, 10, 7, 8, 9, 6});
        double[] worth = new Random(84).doubles(11 * 4).toArray();
        RowDealing dealing = new RowDealing(grid);
        double gain = dealing.improve(worth, 0);
        int[] order = dealing.grid().rowOrder();
        double total = total(order, worth);
        assertThat(dealing.total(worth)).isEqualTo(total);
        assertThat(total - total(grid.rowOrder(), worth)).isPositive().isCloseTo(gain, within(1e-12));
        for (int i = 0; i < 11; i++) {
            for (int j = 0; j < i; j++) {
                int[] other = order.clone();
                other[i] = order[j];
                other[j] = order[i];
                assertThat(total(other, worth)).isLessThanOrEqualTo(total + 1e-12);
            }
        }
        assertThat(grid.rowOrder()).startsWith(3, 1, 2, 0);
    }

    private static double total(int[] order, double[] worth) {
        double sum = 0;
        for (int i = 0; i < order.length; i++) {
            sum += worth[order[i] * 4 + i / 3];
        }
        return sum;
    }

    private static double kept(BlockGrid grid, PatternSet set, double[] saliency) {
        float[] roots = new float[saliency.length];
        for (int i = 0; i < roots.length; i++) {
            roots[i] = (float) Math.sqrt(saliency[i]);
        }
        return new Projection(grid, set, new double[0]).select(roots).keptEnergy(roots);
    }
}
