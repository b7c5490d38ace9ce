package dev.filigree.pruner.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MethodChainTest {
    @ParameterizedTest
    @ValueSource(strings = {"obs,admm,sr-ste", "magnitude", "obs", "admm", "sr-ste", "magnitude,fixed-mask", "gradual,fixed-mask",
        "wanda", "alps,sr-ste",
        "obs,admm,sr-ste,fixed-mask"})
    void readsBackWhatItPrints(String text) {
        assertThat(MethodChain.parse(text).toString()).isEqualTo(text);
    }

    @Test
    void toleratesSpacesAndCapitals() {
        assertThat(MethodChain.parse(" OBS, sr-ste ").steps()).containsExactly(MethodStep.SECOND_ORDER, MethodStep.SR_STE);
    }

    @Test
    void countsTheStepsThatTrain() {
        assertThat(MethodChain.parse("obs,admm,sr-ste").trainingSteps()).isEqualTo(2);
        assertThat(MethodChain.parse("obs").trainingSteps()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "''|The method names no step: write one or more of magnitude, wanda, obs, alps, gradual, admm, sr-ste, fixed-mask.",
        "obs,adam|'adam' is no pruning method: the methods are magnitude, wanda, obs, alps, gradual, admm, sr-ste, fixed-mask.",
        "obs,|'' is no pruning method: the methods are magnitude, wanda, obs, alps, gradual, admm, sr-ste, fixed-mask.",
        "admm,admm|The method names admm twice: once is enough.",
        "magnitude,obs|Both magnitude and obs choose the patterns at the start: name one of them.",
        "wanda,alps|Both wanda and alps choose the patterns at the start: name one of them.",
        "obs,magnitude|Both obs and magnitude choose the patterns at the start: name one of them.",
        "sr-ste,admm|The method has admm after sr-ste: the order is magnitude, wanda, obs, alps, gradual, admm, sr-ste, fixed-mask.",
        "admm,obs|The method has obs after admm: the order is magnitude, wanda, obs, alps, gradual, admm, sr-ste, fixed-mask.",
        "fixed-mask|fixed-mask has no patterns to hold: put magnitude, wanda, obs, alps, gradual, admm or sr-ste before it.",
        "obs,gradual|gradual goes from a dense layer to its patterns by itself: leave obs out.",
    })
    void refusesInOneSentence(String text, String sentence) {
        assertThatThrownBy(() -> MethodChain.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessage(sentence);
    }
}
