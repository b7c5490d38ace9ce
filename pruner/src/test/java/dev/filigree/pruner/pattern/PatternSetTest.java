package dev.filigree.pruner.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Sparsity;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PatternSetTest {
    @Test
    void listsAllCombinationsRising() {
        assertThat(PatternSet.all(Sparsity.parse("2:4")).patterns()).containsExactly(0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100);
        assertThat(PatternSet.all(Sparsity.DENSE).patterns()).containsExactly(1);
        int[] many = PatternSet.all(Sparsity.parse("8:16")).patterns();
        assertThat(many).hasSize(12_870).isSorted().doesNotHaveDuplicates();
        assertThat(Arrays.stream(many)).allMatch(mask -> Integer.bitCount(mask) == 8);
        int[] wide = PatternSet.all(Sparsity.parse("31:32")).patterns();
        assertThat(Arrays.stream(wide)).hasSize(32).doesNotHaveDuplicates().allMatch(mask -> Integer.bitCount(mask) == 31);
    }

    @Test
    void countsWithoutListing() {
        PatternSet set = PatternSet.all(Sparsity.parse("16:32"));
        assertThat(set.size()).isEqualTo(601_080_390L);
        assertThatThrownBy(set::patterns).isInstanceOf(IllegalStateException.class).hasMessageContaining("16:32@1 has 601080390 patterns");
    }

    @Test
    void knowsWhenASubsetIsComplete() {
        Sparsity sparsity = Sparsity.parse("1:2");
        assertThat(new PatternSet(sparsity, new int[] {1, 2}).isComplete()).isTrue();
        assertThat(new PatternSet(sparsity, new int[] {2}).isComplete()).isFalse();
    }

    @Test
    void refusesWhatIsNoPattern() {
        Sparsity sparsity = Sparsity.parse("2:4");
        assertThatThrownBy(() -> new PatternSet(sparsity, new int[] {0b0111})).hasMessageContaining("111 is not one of 2:4@1");
        assertThatThrownBy(() -> new PatternSet(sparsity, new int[] {0b10001})).hasMessageContaining("low 4 bits");
        assertThatThrownBy(() -> new PatternSet(sparsity, new int[] {0b0110, 0b0011})).hasMessageContaining("rising");
    }
}
