package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.train.LinearRole;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparsityPlanTest {
    private static final EncoderShape SHAPE = new EncoderShape(32, 4, 4, 64, 100, 16, 2, 1e-12f);

    @Test
    void oneSparsityForAll() {
        SparsityPlan plan = SparsityPlan.parse("2:4@16");
        assertThat(plan.of(0, LinearRole.QUERY)).isEqualTo(new Sparsity(2, 4, 16));
        assertThat(plan.of(5, LinearRole.FFN_OUT)).isEqualTo(new Sparsity(2, 4, 16));
        assertThat(plan.isDense()).isFalse();
        assertThat(SparsityPlan.parse("dense")).isEqualTo(SparsityPlan.DENSE);
        assertThat(SparsityPlan.DENSE.isDense()).isTrue();
    }

    @Test
    void theLastRuleThatNamesALinearCounts() {
        SparsityPlan plan = SparsityPlan.parse("2:4@16, value=2:4@4, 0-2.value=dense, 1.value=2:4@1");
        assertThat(plan.of(0, LinearRole.VALUE)).isEqualTo(Sparsity.DENSE);
        assertThat(plan.of(1, LinearRole.VALUE)).isEqualTo(new Sparsity(2, 4, 1));
        assertThat(plan.of(3, LinearRole.VALUE)).isEqualTo(new Sparsity(2, 4, 4));
        assertThat(plan.of(0, LinearRole.KEY)).isEqualTo(new Sparsity(2, 4, 16));
    }

    @Test
    void aPlanWithoutAnyPatternIsDense() {
        assertThat(SparsityPlan.parse("dense,value=dense").isDense()).isTrue();
        assertThat(SparsityPlan.parse("dense,value=2:4").isDense()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2:4@16", "dense", "2:4@16,0-2.ffn-in=2:4@4,value=dense", "dense,3.attention-output=1:4@8"})
    void aPlanIsReadAsItIsWritten(String text) {
        assertThat(SparsityPlan.parse(text)).hasToString(text);
    }

    @Test
    void aPlanByChoiceIsWrittenAroundItsCommonestSparsity() {
        SparsityPlan plan = SparsityPlan.of(
                SHAPE, (layer, role) -> layer == 2 && role == LinearRole.KEY ? new Sparsity(2, 4, 1) : new Sparsity(2, 4, 16));
        assertThat(plan).hasToString("2:4@16,2.key=2:4@1");
        assertThat(SparsityPlan.parse(plan.toString())).isEqualTo(plan);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2:4@16,value|is no rule for a pattern",
        "2:4@16,nothing=dense|is no linear of a layer",
        "2:4@16,3-1.value=dense|is no range of layers",
        "2:4@16,value=5:4|N must be between 1 and M",
        "value=2:4|is no sparsity",
        "2:4@16,|is no rule for a pattern"})
    void whatIsNoPlanIsRefusedInASentence(String text, String reason) {
        assertThatThrownBy(() -> SparsityPlan.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(reason);
    }

    @Test
    void aRuleForALayerThatTheModelLacksIsRefused() {
        assertThatCode(() -> SparsityPlan.parse("2:4@16,3.value=dense").requireFits(SHAPE)).doesNotThrowAnyException();
        assertThatThrownBy(() -> SparsityPlan.parse("2:4@16,2-4.value=dense").requireFits(SHAPE)).hasMessageContaining("layers 0 to 3");
    }
}
