package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.pruner.data.TaskScore;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The metrics against values computed by hand. */
class GlueMetricsTest {
    private static final Offset<Double> EXACT = within(1e-12);

    @Test
    void matthewsOfCola() {
        // tp 3, tn 1, fp 2, fn 1: (3 * 1 - 2 * 1) / sqrt(5 * 4 * 3 * 2)
        TaskScore score = score(GlueTask.COLA, new float[] {1, 1, 1, 1, 1, 0, 0}, new float[] {1, 1, 1, 0, 0, 1, 0});
        assertThat(score.values()).containsOnlyKeys("matthews");
        assertThat(score.main()).isCloseTo(1 / Math.sqrt(120), EXACT);
        assertThat(score(GlueTask.COLA, new float[] {0, 1}, new float[] {1, 0}).main()).isEqualTo(-1);
        assertThat(score(GlueTask.COLA, new float[] {1, 1}, new float[] {1, 0}).main()).isZero();
        assertThat(score(GlueTask.COLA, new float[] {1, 1}, new float[] {1, 1}).main()).isZero();
    }

    @Test
    void accuracyAndF1OfMrpcAndQqp() {
        // tp 2, fp 1, fn 1, tn 1
        for (GlueTask task : List.of(GlueTask.MRPC, GlueTask.QQP)) {
            TaskScore score = score(task, new float[] {1, 1, 1, 0, 0}, new float[] {1, 1, 0, 1, 0});
            assertThat(score.values().get("accuracy")).isCloseTo(3 / 5.0, EXACT);
            assertThat(score.values().get("f1")).isCloseTo(4 / 6.0, EXACT);
            assertThat(score.main()).isCloseTo((3 / 5.0 + 4 / 6.0) / 2, EXACT);
        }
        assertThat(score(GlueTask.QQP, new float[] {0, 0}, new float[] {0, 0}).values()).isEqualTo(Map.of("accuracy", 1.0, "f1", 0.0));
    }

    @Test
    void correlationsOfStsbWithTies() {
        // x = 1 2 2 5 and y = 0 1 3 3: deviations -1.5 -0.5 -0.5 2.5 and -1.75 -0.75 1.25 1.25
        TaskScore score = score(GlueTask.STSB, new float[] {1, 2, 2, 5}, new float[] {0, 1, 3, 3});
        assertThat(score.values().get("pearson")).isCloseTo(5.5 / Math.sqrt(9.0 * 6.75), EXACT);
        // ranks 1 2.5 2.5 4 and 1 2 3.5 3.5: deviations -1.5 0 0 1.5 and -1.5 -0.5 1 1
        assertThat(score.values().get("spearman")).isCloseTo(3.75 / 4.5, EXACT);
        assertThat(score.main()).isCloseTo((5.5 / Math.sqrt(60.75) + 3.75 / 4.5) / 2, EXACT);
        assertThat(score(GlueTask.STSB, new float[] {2, 2}, new float[] {1, 3}).main()).isZero();
        assertThat(score(GlueTask.STSB, new float[] {3, 2, 1}, new float[] {1, 2, 4}).values().get("spearman")).isEqualTo(-1);
    }

    @Test
    void accuracyOfTheOthers() {
        for (GlueTask task : List.of(GlueTask.SST2, GlueTask.QNLI, GlueTask.RTE, GlueTask.WNLI)) {
            TaskScore score = score(task, new float[] {1, 0, 1, 1}, new float[] {1, 0, 0, 1});
            assertThat(score.values()).isEqualTo(Map.of("accuracy", 0.75));
            assertThat(score.main()).isEqualTo(0.75);
        }
    }

    @Test
    void mnliIsTheMeanOfMatchedAndMismatched() {
        TaskScore matched = GlueMetrics.score(GlueTask.MNLI, GlueSplit.DEV_MATCHED, new float[] {0, 1, 2, 2}, new float[] {0, 1, 2, 1});
        TaskScore mismatched = GlueMetrics.score(GlueTask.MNLI, GlueSplit.DEV_MISMATCHED, new float[] {0, 1}, new float[] {0, 2});
        TaskScore both = TaskScore.mean(List.of(matched, mismatched));
        assertThat(both.values()).isEqualTo(Map.of("accuracy_matched", 0.75, "accuracy_mismatched", 0.5));
        assertThat(both.main()).isEqualTo(0.625);
    }

    @Test
    void unequalOrEmptyInputIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> score(GlueTask.SST2, new float[2], new float[3]));
        assertThatIllegalArgumentException().isThrownBy(() -> score(GlueTask.SST2, new float[0], new float[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> TaskScore.mean(List.of()));
    }

    private static TaskScore score(GlueTask task, float[] predicted, float[] expected) {
        return GlueMetrics.score(task, task.devSplits().getFirst(), predicted, expected);
    }
}
