package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ProjectionTest {
    @Property(tries = 400, seed = "11")
    void noPatternOfAnyBlockKeepsMore(@ForAll("cases") MatrixCases.Case drawn) {
        isExact(Projection.euclidean(drawn.grid()), drawn.weights());
    }

    @Property(tries = 400, seed = "12")
    void isExactInADiagonalMetric(@ForAll("cases") MatrixCases.Case drawn) {
        double[] metric = new Random(drawn.seed()).doubles(drawn.grid().columns(), 0, 3).toArray();
        isExact(Projection.inMetric(drawn.grid(), metric), drawn.weights());
    }

    @Property(tries = 400, seed = "13")
    void isExactOnASubsetOfPatterns(@ForAll("cases") MatrixCases.Case drawn) {
        int[] all = PatternSet.all(drawn.grid().sparsity()).patterns();
        int[] subset = Arrays.stream(all).filter(mask -> (mask * 0x9E3779B9 + drawn.seed() & 3) != 0).toArray();
        PatternSet set = new PatternSet(drawn.grid().sparsity(), subset.length == 0 ? new int[] {all[0]} : subset);
        isExact(new Projection(drawn.grid(), set, new double[0]), drawn.weights());
    }

    @Property(tries = 200, seed = "14")
    void projectingTwiceChangesNothing(@ForAll("cases") MatrixCases.Case drawn) {
        Projection projection = Projection.euclidean(drawn.grid());
        float[] once = drawn.weights().clone();
        Mask mask = projection.project(once);
        float[] twice = once.clone();
        projection.project(twice);
        assertThat(twice).isEqualTo(once);
        assertThat(drawn.grid().obeyedBy(once)).isTrue();
        for (int i = 0; i < once.length; i++) {
            assertThat(once[i]).isIn(0f, drawn.weights()[i]);
        }
        assertThat(mask.keptEnergy(once)).isEqualTo(1);
    }

    @Test
    void tiesGoToTheLowerInputs() {
        Mask mask = Projection.euclidean(BlockGrid.of(1, 13, Sparsity.parse("2:8"))).select(new float[13]);
        assertThat(mask.pattern(0, 0)).isEqualTo(0b11);
        assertThat(mask.pattern(0, 1)).isEqualTo(0b11);
        float[] equal = {1, -1, 1, -1, 2, 1, 1, 1};
        Mask four = Projection.euclidean(BlockGrid.of(1, 8, Sparsity.parse("2:4"))).select(equal);
        assertThat(four.keptInputs(0)).containsExactly(0, 1, 4, 5);
    }

    @Test
    void weightsThatAreNotFiniteStillGiveAPattern() {
        float[] weights = new float[64];
        Random random = new Random(5);
        float[] odd = {Float.NaN, -Float.NaN, Float.POSITIVE_INFINITY, 0f, -0f, 1f, Float.MIN_VALUE};
        for (int i = 0; i < weights.length; i++) {
            weights[i] = odd[random.nextInt(odd.length)];
        }
        for (String sparsity : new String[] {"2:4", "3:8@2"}) {
            BlockGrid grid = BlockGrid.of(4, 16, Sparsity.parse(sparsity));
            assertThat(Projection.euclidean(grid).select(weights).obeys(grid.sparsity())).isTrue();
        }
    }

    @Test
    void directBuffersOfEitherByteOrderGiveTheSameAsArrays() {
        BlockGrid grid = BlockGrid.of(70, 384, Sparsity.parse("2:4@16"));
        float[] weights = gaussian(grid.size(), 6);
        float[] projected = weights.clone();
        Mask mask = Projection.euclidean(grid).project(projected);
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            FloatBuffer buffer = ByteBuffer.allocateDirect(4 * grid.size()).order(order).asFloatBuffer();
            buffer.put(0, weights);
            assertThat(Projection.euclidean(grid).project(buffer)).isEqualTo(mask);
            float[] read = new float[grid.size()];
            buffer.get(0, read);
            assertThat(read).isEqualTo(projected);
        }
    }

    @Test
    void gaussianWeightsKeepTheEnergyThatTheoryGives() {
        // The two largest of four squared normals hold 0.875 of the energy; sixteen rows that share the choice much less.
        float[] weights = gaussian(512 * 384, 7);
        double single = Projection.euclidean(BlockGrid.of(512, 384, Sparsity.parse("2:4@1"))).select(weights).keptEnergy(weights);
        double shared = Projection.euclidean(BlockGrid.of(512, 384, Sparsity.parse("2:4@16"))).select(weights).keptEnergy(weights);
        assertThat(single).isCloseTo(0.875, within(0.01));
        assertThat(shared).isBetween(0.58, 0.66);
    }

    @Test
    void refusesPartsThatDoNotFit() {
        BlockGrid grid = BlockGrid.of(4, 8, Sparsity.parse("2:4"));
        assertThatThrownBy(() -> new Projection(grid, PatternSet.all(Sparsity.parse("1:4")), new double[0]))
                .hasMessageContaining("Patterns of 1:4@1 do not fit blocks of 2:4@1");
        assertThatThrownBy(() -> Projection.inMetric(grid, new double[7])).hasMessageContaining("needs 8 inputs, got 7");
        assertThatThrownBy(() -> Projection.euclidean(grid).select(new float[31])).hasMessageContaining("4 x 8 = 32 weights, got 31");
    }

    @Provide
    Arbitrary<MatrixCases.Case> cases() {
        return MatrixCases.cases();
    }

    /** Tries every pattern on every block and compares the distance, not the pattern, so that ties are no matter. */
    private static void isExact(Projection projection, float[] weights) {
        BlockGrid grid = projection.grid();
        Mask mask = projection.select(weights);
        for (int block = 0; block < grid.blockRows(); block++) {
            for (int group = 0; group < grid.groups(); group++) {
                double chosen = distance(projection, weights, block, group, mask.pattern(block, group));
                for (int pattern : projection.patterns().patterns()) {
                    double other = distance(projection, weights, block, group, pattern);
                    assertThat(chosen).isLessThanOrEqualTo(other + 1e-12 * Math.abs(other));
                }
            }
        }
    }

    private static double distance(Projection projection, float[] weights, int block, int group, int pattern) {
        BlockGrid grid = projection.grid();
        double distance = 0;
        for (int i = 0; i < grid.rowsIn(block); i++) {
            for (int j = 0; j < grid.columnsIn(group); j++) {
                int column = group * grid.sparsity().m() + j;
                double w = weights[grid.row(block, i) * grid.columns() + column];
                double worth = projection.metric().length == 0 ? 1 : projection.metric()[column];
                distance += (pattern >>> j & 1) == 0 ? worth * w * w : 0;
            }
        }
        return distance;
    }

    private static float[] gaussian(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
