package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.data.Columns;
import dev.filigree.pruner.data.OwnData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTypesTest {
    @TempDir
    private Path folder;

    @Test
    void wordsTakeFourBitsBesideEightBitWeightsOnly() {
        assertThat(StoredTypes.of(DType.INT8)).isEqualTo(new StoredTypes(DType.INT8, DType.INT4));
        assertThat(StoredTypes.of(DType.FP16)).isEqualTo(new StoredTypes(DType.FP16, DType.FP16));
        assertThat(StoredTypes.FP32).isEqualTo(new StoredTypes(DType.FP32, DType.FP32));
    }

    @Test
    void fourBitsAreForDenseLinears() {
        assertThatThrownBy(() -> StoredTypes.of(DType.INT4).requireFits(SparsityPlan.parse("2:4@16")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("choose INT8");
        assertThatCode(() -> StoredTypes.of(DType.INT4).requireFits(SparsityPlan.DENSE)).doesNotThrowAnyException();
    }

    /** Where words are all that is rounded, the packed file says what the pruned model said; a dense model learnt with exact words. */
    @Test
    void prunedModelsLearnWithTheStoredEmbedding() throws IOException, InterruptedException {
        Predictions pruned = run("2:4@4");
        assertThat(largestDifference(pruned.pruned(), pruned.packed())).isLessThan(1e-4);
        Predictions dense = run("dense");
        assertThat(largestDifference(dense.pruned(), dense.packed())).isGreaterThan(1e-3);
    }

    private static double largestDifference(float[] some, float[] others) {
        return IntStream.range(0, some.length).mapToDouble(i -> Math.abs(some[i] - others[i])).max().orElseThrow();
    }

    private Predictions run(String sparsity) throws IOException, InterruptedException {
        TinyEncoder.save(folder, TinyEncoder.weights(), TinyEncoder.CONFIG);
        Path texts = folder.resolve("texts.csv");
        Random random = new Random(8);
        StringBuilder rows = new StringBuilder("text,score\n");
        for (int i = 0; i < 32; i++) {
            random.ints(4, 'a', 'e').forEach(letter -> rows.append((char) letter).append(' '));
            rows.append(',').append(random.nextInt(5)).append('\n');
        }
        Files.writeString(texts, rows);
        OwnData data = OwnData.of("letters", texts, Optional.of(texts), new Columns("text", Optional.empty(), "score"), true);
        PruneSettings settings = new PruneSettings(folder.toString(), data, SparsityPlan.parse(sparsity), Optional.empty(),
                MethodChain.parse("obs,fixed-mask"), new Schedule(1, 1, 8, 1e-3, 1e-3), 32, 9, new StoredTypes(DType.FP32, DType.INT4), 1,
                1, Optional.empty(), folder.resolve(sparsity.replace(':', '-') + ".filigree"));
        return new PrunePipeline(settings, TrainingListener.SILENT).run().predictions().getFirst();
    }
}
