package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.pruner.base.BaseModel.Labels;
import dev.filigree.pruner.base.BaseModelException;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that starts from a Hugging Face folder: a classifier whose labels fit is taken as it is, another one gets a new head. */
class StartingModelTest {
    private static final String CLASSIFIER = TinyEncoder.CONFIG.replace("BertModel", "BertForSequenceClassification");
    private static final Map<String, float[]> WEIGHTS = TinyEncoder.weights();

    @TempDir
    Path folder;

    @Test
    void rowsFollowTheLabelsOfTheTask() throws IOException {
        TinyEncoder.save(folder, WEIGHTS, CLASSIFIER.replace("\"model_type\"",
                "\"id2label\": {\"0\": \"CONTRADICTION\", \"1\": \"neutral\", \"2\": \"Entailment\"}, \"model_type\""));
        StartingModel start = StartingModel.load(folder.toString(), GlueTask.MNLI.toTask(), 6);
        assertThat(start.fineTuned()).isTrue();
        assertThat(start.tokenizer().maxTokens()).isEqualTo(6);
        float[] stored = WEIGHTS.get("classifier.weight");
        float[] expected = new float[24];
        System.arraycopy(stored, 16, expected, 0, 8);
        System.arraycopy(stored, 8, expected, 8, 8);
        System.arraycopy(stored, 0, expected, 16, 8);
        assertThat(start.weights().get("classifier.weight")).isEqualTo(expected);
        float[] bias = WEIGHTS.get("classifier.bias");
        assertThat(start.weights().get("classifier.bias")).containsExactly(bias[2], bias[1], bias[0]);
        assertThat(start.weights().get("pooler.dense.weight")).isEqualTo(WEIGHTS.get("pooler.dense.weight"));
        assertThat(PrunePipeline.isFineTuned(folder.toString(), GlueTask.MNLI.toTask())).isTrue();
    }

    @Test
    void aClassifierOfOtherLabelsGetsANewHead() throws IOException {
        TinyEncoder.save(folder, WEIGHTS, CLASSIFIER.replace("\"model_type\"",
                "\"id2label\": {\"0\": \"red\", \"1\": \"green\", \"2\": \"blue\"}, \"model_type\""));
        StartingModel start = StartingModel.load(folder.toString(), GlueTask.MNLI.toTask(), 6);
        assertThat(start.fineTuned()).isFalse();
        assertThat(start.weights()).doesNotContainKeys("classifier.weight", "classifier.bias").containsKey("pooler.dense.weight");
        assertThat(PrunePipeline.isFineTuned(folder.toString(), GlueTask.MNLI.toTask())).isFalse();
    }

    @Test
    void labelsFitWhateverTheirCaseAndOrder() {
        assertThat(rows(GlueTask.SST2, "NEGATIVE", "POSITIVE")).contains(List.of(0, 1));
        assertThat(rows(GlueTask.RTE, "not entailment", "Entailment")).contains(List.of(1, 0));
        assertThat(rows(GlueTask.MNLI, "LABEL_0", "LABEL_1", "LABEL_2")).contains(List.of(0, 1, 2));
        assertThat(rows(GlueTask.SST2, "negative", "neutral", "positive")).isEmpty();
        assertThat(rows(GlueTask.SST2, "negative", "negative")).isEmpty();
        assertThat(rows(GlueTask.STSB, "LABEL_0")).isEmpty();
        assertThat(TaskHead.rows(new Labels(List.of("LABEL_0"), true), GlueTask.STSB.toTask())).contains(List.of(0));
    }

    @Test
    void unknownBasesAreRefused() {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> StartingModel.load(folder.resolve("none").toString(), GlueTask.SST2.toTask(), 6))
                .withMessageContaining("or the path of a Hugging Face folder");
    }

    /** Without an epoch the packed weights are those of the folder, and the runtime computes what the trainer does with them. */
    @Test
    void aFineTunedClassifierIsPackedWithoutTraining() throws IOException, InterruptedException {
        Map<String, float[]> weights = new HashMap<>(WEIGHTS);
        weights.replaceAll((name, values) -> name.startsWith("classifier") ? Arrays.copyOf(values, values.length / 3 * 2) : values);
        TinyEncoder.save(folder, weights, CLASSIFIER.replace("\"model_type\"",
                "\"id2label\": {\"0\": \"NEGATIVE\", \"1\": \"POSITIVE\"}, \"model_type\""));
        Path out = folder.resolve("packed.filigree");
        PruneOutcome outcome = new PrunePipeline(new PruneSettings(folder.toString(),
                new GlueTaskData(GlueTask.SST2, GlueData.sample()), SparsityPlan.DENSE, Optional.empty(), MethodChain.parse("magnitude"),
                new Schedule(0, 1, 32, 1e-4, 1e-4), 16, 9,
                StoredTypes.of(DType.FP32), 1, 1, Optional.empty(), out), TrainingListener.SILENT).run();
        assertThat(outcome.logitDifference()).isCloseTo(0, within(1e-4));
        try (ModelFile file = ModelFile.open(out)) {
            Model model = file.model();
            assertThat(model.provenance().baseModel()).isEqualTo(folder.getFileName().toString());
            Map<String, float[]> packed = HuggingFaceExport.weights(model);
            assertThat(packed.keySet()).isEqualTo(weights.keySet());
            weights.forEach((name, values) -> assertThat(packed.get(name)).as(name).isEqualTo(values));
        }
    }

    private static Optional<List<Integer>> rows(GlueTask task, String... labels) {
        return TaskHead.rows(new Labels(Arrays.asList(labels), false), task.toTask());
    }
}
