package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OfficialRowsTest {
    @Test
    void everyFileOfEveryTaskHasACount() {
        for (GlueTask task : GlueTask.values()) {
            assertThat(OfficialRows.of(task, GlueSplit.TRAIN)).isPositive();
            assertThat(task.devSplits()).allMatch(split -> OfficialRows.of(task, split) > 0);
        }
        assertThat(OfficialRows.of(GlueTask.MNLI, GlueSplit.DEV_MISMATCHED)).isEqualTo(9832);
        assertThat(OfficialRows.of(GlueTask.RTE, GlueSplit.DEV)).isEqualTo(277);
    }

    @Test
    void aFileThatATaskHasNotIsRefused() {
        assertThatThrownBy(() -> OfficialRows.of(GlueTask.RTE, GlueSplit.DEV_MATCHED)).hasMessageContaining("RTE has no file dev_matched");
    }
}
