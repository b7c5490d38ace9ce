package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PruneSettingsTest {
    @Test
    void aDenseRunPlansAndTellsNothingOfPruning() throws IOException {
        PruneSettings dense = settings("dense", 2);
        assertThat(dense.asText()).isEqualTo(settings("dense", 3).asText()).doesNotContainKey("prune-rate").containsKey("dense-rate");
        assertThat(dense.phases(640)).extracting("name").containsExactly("fine-tune");
        PruneSettings pruned = settings("2:4@16,ffn-in=dense", 2);
        assertThat(pruned.asText()).isNotEqualTo(settings("2:4@16,ffn-in=dense", 3).asText()).containsKey("prune-rate");
        assertThat(pruned.phases(640)).extracting("name").containsExactly("fine-tune", "admm", "sr-ste");
    }

    private static PruneSettings settings(String sparsity, double pruneEpochs) throws IOException {
        return new PruneSettings("base", new GlueTaskData(GlueTask.SST2, GlueData.sample()), SparsityPlan.parse(sparsity), Optional.empty(),
                MethodChain.parse("obs,admm,sr-ste"), new Schedule(1, pruneEpochs, 32, 1e-4, 3e-4), 64, 32, StoredTypes.of(DType.INT8),
                1, 1, Optional.empty(), Path.of("out.filigree"));
    }
}
