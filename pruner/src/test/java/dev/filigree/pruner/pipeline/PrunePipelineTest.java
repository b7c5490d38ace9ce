package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

/** Whole runs of a tiny regression, in which only the words of a packed file are rounded. */
class PrunePipelineTest {
    @TempDir
    private Path folder;

    @Test
    void prunedModelsLearnWithTheStoredEmbedding() throws IOException, InterruptedException {
        Predictions pruned = run("2:4@4", 1, 0);
        assertThat(largestDifference(pruned.pruned(), pruned.packed())).isLessThan(1e-4);
        Predictions dense = run("dense", 1, 0);
        assertThat(largestDifference(dense.pruned(), dense.packed())).isGreaterThan(1e-3);
    }

    @Test
    void scoresOfAnyRangeAreLearnedAlike() throws IOException, InterruptedException {
        Predictions few = run("2:4@4", 1, 0);
        Predictions many = run("2:4@4", 40, -300);
        for (int i = 0; i < few.dense().length; i++) {
            assertThat(many.dense()[i]).isCloseTo(few.dense()[i] * 40 - 300, within(1e-2f));
            assertThat(many.pruned()[i]).isCloseTo(few.pruned()[i] * 40 - 300, within(1e-2f));
            assertThat(many.packed()[i]).isCloseTo(few.packed()[i] * 40 - 300, within(1e-2f));
        }
    }

    private static double largestDifference(float[] some, float[] others) {
        return IntStream.range(0, some.length).mapToDouble(i -> Math.abs(some[i] - others[i])).max().orElseThrow();
    }

    private Predictions run(String sparsity, int factor, int summand) throws IOException, InterruptedException {
        TinyEncoder.save(folder, TinyEncoder.weights(), TinyEncoder.CONFIG);
        Path texts = folder.resolve("texts.csv");
        Random random = new Random(8);
        StringBuilder rows = new StringBuilder("text,score\n");
        for (int i = 0; i < 32; i++) {
            random.ints(4, 'a', 'e').forEach(letter -> rows.append((char) letter).append(' '));
            rows.append(',').append(random.nextInt(6) * factor + summand).append('\n');
        }
        Files.writeString(texts, rows);
        OwnData data = OwnData.of("letters", texts, Optional.of(texts), new Columns("text", Optional.empty(), "score"), true);
        PruneSettings settings = new PruneSettings(folder.toString(), data, SparsityPlan.parse(sparsity), Optional.empty(),
                MethodChain.parse("obs,fixed-mask"), new Schedule(1, 1, 8, 1e-3, 1e-3), 32, 9, new StoredTypes(DType.FP32, DType.INT4), 1,
                1, Optional.empty(), folder.resolve("tiny.filigree"));
        return new PrunePipeline(settings, TrainingListener.SILENT).run().predictions().getFirst();
    }
}
