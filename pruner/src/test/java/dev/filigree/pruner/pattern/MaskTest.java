package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Sparsity;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class MaskTest {
    @Property(tries = 200, seed = "21")
    void everyViewOfAMaskAgrees(@ForAll("cases") MatrixCases.Case drawn) {
        BlockGrid grid = drawn.grid();
        Mask mask = Projection.euclidean(grid).select(drawn.weights());
        float[] ones = mask.toFloats();
        assertThat(mask.obeys(grid.sparsity())).isTrue();
        assertThat(mask.obeys(new Sparsity(grid.sparsity().n(), grid.sparsity().m(), 1))).isTrue();
        int kept = 0;
        for (int block = 0; block < grid.blockRows(); block++) {
            boolean[] inputs = new boolean[grid.columns()];
            for (int input : mask.keptInputs(block)) {
                inputs[input] = true;
            }
            for (int i = 0; i < grid.rowsIn(block); i++) {
                for (int c = 0; c < grid.columns(); c++) {
                    boolean bit = (mask.pattern(block, c / grid.sparsity().m()) >>> c % grid.sparsity().m() & 1) == 1;
                    assertThat(inputs[c]).isEqualTo(bit);
                    assertThat(ones[grid.row(block, i) * grid.columns() + c]).isEqualTo(bit ? 1f : 0f);
                    kept += bit ? 1 : 0;
                }
            }
        }
        assertThat(mask.kept()).isEqualTo(kept);
        assertThat(new Mask(grid, patterns(mask))).isEqualTo(mask).hasSameHashCodeAs(mask);
    }

    @Property(tries = 100, seed = "22")
    void countsTheWeightsThatDiffer(@ForAll("cases") MatrixCases.Case drawn) {
        float[] moved = drawn.weights().clone();
        for (int i = 0; i < moved.length; i += 3) {
            moved[i] = 3 - moved[i];
        }
        Mask before = Projection.euclidean(drawn.grid()).select(drawn.weights());
        Mask after = Projection.euclidean(drawn.grid()).select(moved);
        float[] a = before.toFloats();
        float[] b = after.toFloats();
        long expected = 0;
        for (int i = 0; i < a.length; i++) {
            expected += a[i] == b[i] ? 0 : 1;
        }
        assertThat(before.differences(after)).isEqualTo(expected);
    }

    @Test
    void applyClearsEvenWhatIsNotFinite() {
        Mask mask = new Mask(BlockGrid.of(1, 4, Sparsity.parse("2:4")), new int[] {0b0101});
        float[] weights = {1, Float.NaN, -2, Float.NEGATIVE_INFINITY};
        mask.apply(weights);
        assertThat(weights).containsExactly(1, 0, -2, 0);
    }

    @Test
    void keptEnergyIsAShareOfTheSquares() {
        Mask mask = new Mask(BlockGrid.of(2, 4, Sparsity.parse("2:4@2")), new int[] {0b1001});
        assertThat(mask.keptEnergy(new float[] {1, 1, 1, 1, 0, 0, 0, 0})).isEqualTo(0.5);
    }

    @Test
    void sharedPatternsObeyFinerBlocksButNotTheOtherWayRound() {
        BlockGrid grid = BlockGrid.of(2, 4, Sparsity.parse("2:4@1"));
        Mask finer = new Mask(grid, new int[] {0b0011, 0b1100});
        assertThat(finer.obeys(Sparsity.parse("2:4@2"))).isFalse();
        assertThat(new Mask(grid.with(Sparsity.parse("2:4@2")), new int[] {0b0011}).obeys(Sparsity.parse("2:4@1"))).isTrue();
    }

    @Test
    void refusesWhatDoesNotFit() {
        BlockGrid grid = BlockGrid.of(2, 8, Sparsity.parse("2:4"));
        assertThatThrownBy(() -> new Mask(grid, new int[3])).hasMessageContaining("2 x 2 patterns, got 3");
        assertThatThrownBy(() -> new Mask(grid, new int[] {3, 3, 3, 7})).hasMessageContaining("111 is not one of 2:4@1");
        assertThatThrownBy(() -> new BlockGrid(2, 8, grid.sparsity(), new int[] {1, 1})).hasMessageContaining("each of the 2 rows once");
    }

    @Provide
    Arbitrary<MatrixCases.Case> cases() {
        return MatrixCases.cases();
    }

    private static int[] patterns(Mask mask) {
        int groups = mask.grid().groups();
        int[] patterns = new int[mask.grid().blockRows() * groups];
        Arrays.setAll(patterns, i -> mask.pattern(i / groups, i % groups));
        return patterns;
    }
}
