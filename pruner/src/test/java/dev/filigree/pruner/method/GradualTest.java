package dev.filigree.pruner.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Projection;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradualTest {
    private static final int ROWS = 10;
    private static final int COLUMNS = 18;

    @Test
    void shareFollowsTheCubicSchedule() {
        assertThat(Gradual.share(0)).isZero();
        assertThat(Gradual.share(0.5)).isCloseTo(0.875, within(1e-12));
        assertThat(Gradual.share(1)).isOne();
        assertThat(Gradual.share(7)).isOne();
    }

    /** By hand: two blocks of 1:2@1 in a row, the first loses 1 and the second 4. */
    @Test
    void takesTheBlocksThatLoseLeastFirst() {
        Projection projection = Projection.euclidean(BlockGrid.of(1, 4, Sparsity.parse("1:2@1")));
        float[] weights = {1, 9, 3, -2};
        Gradual gradual = new Gradual(projection, weights);
        assertThat(gradual.advance(weights, 0)).containsExactly(1, 1, 1, 1);
        assertThat(gradual.advance(weights, 0.5)).containsExactly(0, 1, 1, 1);
        assertThat(gradual.advance(weights, 1)).containsExactly(0, 1, 1, 0);
        Projection weighed = Projection.inMetric(projection.grid(), new double[] {100, 1, 0.1, 0.1});
        assertThat(new Gradual(weighed, weights).advance(weights, 0.5)).containsExactly(1, 1, 1, 0);
    }

    /** Short blocks at both edges; the kept weights drift between the stages. */
    @ParameterizedTest
    @ValueSource(strings = {"2:4@1", "2:4@4", "1:4@3", "4:8@16"})
    void masksOnlyShrinkAndEndInTheExactPattern(String text) {
        BlockGrid grid = BlockGrid.of(ROWS, COLUMNS, Sparsity.parse(text));
        Random random = new Random(5);
        float[] weights = new float[grid.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        Gradual gradual = new Gradual(Projection.euclidean(grid), weights);
        float[] before = gradual.advance(weights, 0);
        assertThat(before).containsOnly(1);
        for (int stage = 1; stage <= 10; stage++) {
            float[] kept = gradual.advance(weights, Gradual.share(stage / 10.0));
            for (int i = 0; i < kept.length; i++) {
                assertThat(kept[i]).as("stage %d, weight %d", stage, i).isLessThanOrEqualTo(before[i]);
                weights[i] = kept[i] == 0 ? 0 : weights[i] + (float) (0.3 * random.nextGaussian());
            }
            before = kept;
        }
        assertThat(before).isEqualTo(gradual.patterns().toFloats());
        assertThat(grid.obeyedBy(before)).isTrue();
        float[] last = before;
        assertThat(IntStream.range(0, last.length).filter(i -> last[i] == 1).count()).isEqualTo(gradual.patterns().kept());
    }
}
