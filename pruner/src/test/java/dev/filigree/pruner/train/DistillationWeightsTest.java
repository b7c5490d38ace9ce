package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DistillationWeightsTest {
    @Test
    void termsHaveWeightOneUnlessTheySay() {
        assertThat(DistillationWeights.parse("logits,hidden")).isEqualTo(DistillationWeights.DEFAULT);
        assertThat(DistillationWeights.parse(" Hidden=0.5, relations ,labels=2e-1")).isEqualTo(new DistillationWeights(0.2, 0, 0.5, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"logits,hidden", "labels", "labels=0.25,relations=3.0"})
    void isWrittenAsItIsRead(String text) {
        assertThat(DistillationWeights.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "attention", "logits=", "logits=x", "logits=-1", "logits=0", "logits=NaN", "hidden=Infinity",
        "logits,,hidden"})
    void refusesWhatIsNoObjective(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> DistillationWeights.parse(text)).withMessageEndingWith(".");
    }
}
