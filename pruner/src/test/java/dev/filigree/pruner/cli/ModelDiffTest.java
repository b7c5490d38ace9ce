package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Sparsity;
import dev.filigree.format.Task;
import dev.filigree.pruner.export.TinyModels;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Differences between whole models. */
class ModelDiffTest {
    private static final EncoderShape SHAPE = new EncoderShape(8, 2, 2, 12, 9, 6, 2, 1e-12f);
    private static final Model MODEL = TinyModels.model(SHAPE, Sparsity.parse("2:4@2"), DType.INT8, Pooling.POOLER, 2, 1);

    private static GoldenExample golden(String text, float logit) {
        return new GoldenExample(text, Optional.empty(), new float[] {logit, 0});
    }

    private static Model with(Task task, Provenance provenance, List<GoldenExample> golden) {
        return new Model(MODEL.shape(), MODEL.tokenizer(), MODEL.embeddings(), MODEL.layers(), MODEL.head(), task, provenance, golden);
    }

    @Test
    void aModelIsLikeItself() {
        ModelDiff diff = ModelDiff.of(MODEL, MODEL);
        assertThat(diff.same()).isTrue();
        assertThat(diff.tensorsCompared()).isEqualTo(MODEL.tensors().size());
    }

    @Test
    void everyTensorOfOtherWeightsDiffers() {
        ModelDiff diff = ModelDiff.of(MODEL, TinyModels.model(SHAPE, Sparsity.parse("2:4@2"), DType.INT8, Pooling.POOLER, 2, 2));
        assertThat(diff.same()).isFalse();
        assertThat(diff.changes()).isEmpty();
        assertThat(diff.tensors()).extracting(TensorChange::name)
                .containsExactlyElementsOf(MODEL.tensors().stream().map(tensor -> tensor.name()).toList());
    }

    @Test
    void otherShapesNameWhatTheyHaveInCommon() {
        EncoderShape shape = new EncoderShape(16, 1, 2, 12, 10, 6, 2, 1e-12f);
        ModelDiff diff = ModelDiff.of(MODEL, TinyModels.model(shape, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 3, 2));
        assertThat(diff.changes()).extracting(ModelDiff.Change::what).containsExactly(
                "encoder.hidden", "encoder.layers", "encoder.vocabulary", "tokenizer.tokens", "task.labels", "head.pooling");
        assertThat(diff.changes().getFirst()).isEqualTo(new ModelDiff.Change("encoder.hidden", "8", "16"));
        assertThat(diff.tensors()).extracting(TensorChange::name).contains("layers.0.query.weight").doesNotContain("head.pooler.weight");
    }

    @Test
    void taskProvenanceAndGoldenExamplesAreCompared() {
        Provenance provenance = new Provenance("test", "random", "obs", Map.of("seed", "2"), Map.of(), Map.of("dense.accuracy", 0.5));
        Model a = with(MODEL.task(), MODEL.provenance(), List.of(golden("one", 1), golden("two", 2)));
        Model b = with(new Task("other", MODEL.task().labels(), false, true), provenance, List.of(golden("one", 1), golden("two", 2.5f)));
        ModelDiff diff = ModelDiff.of(a, b);
        assertThat(diff.changes()).containsExactly(
                new ModelDiff.Change("task.name", "tiny", "other"),
                new ModelDiff.Change("provenance.method", "none", "obs"),
                new ModelDiff.Change("provenance.settings.seed", "", "2"),
                new ModelDiff.Change("provenance.metrics.dense.accuracy", "", "0.5"));
        assertThat(diff.tensors()).isEmpty();
        assertThat(diff.goldenGap()).contains(0.5);
        assertThat(diff.same()).isFalse();
    }

    @Test
    void otherGoldenTextsAreNotComparedByTheirLogits() {
        ModelDiff diff = ModelDiff.of(
                with(MODEL.task(), MODEL.provenance(), List.of(golden("one", 1))),
                with(MODEL.task(), MODEL.provenance(), List.of(golden("two", 2))));
        assertThat(diff.changes()).containsExactly(new ModelDiff.Change("golden.example 1", "one", "two"));
        assertThat(diff.goldenGap()).isEmpty();
    }
}
