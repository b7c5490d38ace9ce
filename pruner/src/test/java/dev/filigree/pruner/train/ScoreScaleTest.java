package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class ScoreScaleTest {
    private static final ScoreScale PERCENT = scale(100, 0, 37);

    private static ScoreScale scale(double... scores) {
        TokenizedText text = new TokenizedText(new int[] {1}, new int[] {0}, false);
        return ScoreScale.of(DoubleStream.of(scores).mapToObj(score -> new EncodedExample(text, (float) score)).toList());
    }

    @Test
    void scoresGoFromZeroToFive() {
        assertThat(PERCENT.learned(new float[] {0, 50, 100})).containsExactly(0, 2.5f, 5);
        assertThat(PERCENT.scores(new float[] {0, 2.5f, 5})).containsExactly(0, 50, 100);
        assertThat(scale(0.2, 5, 0).learned(new float[] {1.2f})).as("STS-B's own").containsExactly(1.2f);
        assertThat(scale(-3, -3)).isEqualTo(new ScoreScale(-3, 1));
        assertThat(ScoreScale.of(List.of())).isEqualTo(ScoreScale.NONE);
    }

    /** What a head tells of an input is scaled as scores are. */
    @Test
    void headsFollowTheScores() {
        ScoreScale scale = new ScoreScale(30, 20);
        Map<String, float[]> weights = Map.of("classifier.weight", new float[] {2, -4}, "classifier.bias", new float[] {50},
                "encoder", new float[] {7});
        Map<String, float[]> learned = scale.learned(weights);
        assertThat(learned.get("classifier.weight")).containsExactly(new float[] {0.1f, -0.2f}, within(1e-7f));
        assertThat(learned.get("classifier.bias")).containsExactly(1);
        assertThat(learned.get("encoder")).containsExactly(7);
        Map<String, float[]> back = scale.scores(learned);
        assertThat(back.get("classifier.weight")).containsExactly(new float[] {2, -4}, within(1e-5f));
        assertThat(back.get("classifier.bias")).containsExactly(50);
        assertThat(scale.learned(Map.of("encoder", new float[] {7}))).containsOnlyKeys("encoder");
    }
}
