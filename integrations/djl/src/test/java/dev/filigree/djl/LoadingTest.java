package dev.filigree.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Application;
import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDList;
import ai.djl.nn.SequentialBlock;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.passthrough.PassthroughNDArray;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.TinyModels;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a model may lie, what it is called, which settings it takes, and what is said when it cannot be loaded. */
class LoadingTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void pack() {
        file = PackedFiles.write(TinyModels.SENTIMENT, folder);
    }

    private static Criteria.Builder<String, Classifications> criteria(Path path) {
        return Criteria.builder().setTypes(String.class, Classifications.class).optModelPath(path);
    }

    private static String provider(ZooModel<?, ?> model) {
        return ((FiligreeModel) model.getWrappedModel()).loaded().classifier().provider();
    }

    @Test
    void theFileItself() throws Exception {
        try (ZooModel<?, ?> model = PackedFiles.load(String.class, Classifications.class, file)) {
            assertThat(model.getName()).isEqualTo("sentiment");
            assertThat(model.getModelPath()).isEqualTo(folder.toAbsolutePath());
        }
    }

    @Test
    void theFolderInWhichItLiesAlone() throws Exception {
        Files.writeString(folder.resolve("README.txt"), "Not a model.");
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, folder);
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertThat(predictor.predict("good").getClassNames()).containsExactly("negative", "positive");
        }
    }

    @Test
    void aFolderWithinTheFolder() throws Exception {
        Path inner = Files.createDirectories(folder.resolve("outer/inner"));
        Files.copy(file, inner.resolve("model.filigree"));
        try (ZooModel<?, ?> model = PackedFiles.load(String.class, Classifications.class, folder.resolve("outer"))) {
            assertThat(model.getModelPath()).isEqualTo(inner.toAbsolutePath());
        }
    }

    @Test
    void aFileOfAnotherName() throws Exception {
        Path renamed = Files.copy(file, folder.resolve("model.bin"));
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, renamed);
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertThat(predictor.predict("good").getClassNames()).containsExactly("negative", "positive");
            assertThat(model.getName()).isEqualTo("model.bin");
        }
    }

    @Test
    void theOneOfSeveralThatTheModelNameMeans() throws Exception {
        PackedFiles.write(TinyModels.ENTAILMENT, folder);
        try (ZooModel<?, ?> model = criteria(folder).optModelName("sentiment").build().loadModel()) {
            assertThat(model.getName()).isEqualTo("sentiment");
        }
        assertThatThrownBy(() -> criteria(folder).build().loadModel())
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("2 *.filigree files lie in this folder, none of them")
                .hasMessageEndingWith("name one with optModelName.");
    }

    @Test
    void theModelIsCalledAsTheApplicationWants() throws Exception {
        try (ZooModel<?, ?> model = criteria(file).optModelName("mine").build().loadModel()) {
            assertThat(model.getName()).isEqualTo("mine");
        }
    }

    @Test
    void anApplicationAndNoEngineNamed() throws Exception {
        try (ZooModel<String, Classifications> model =
                criteria(file).optApplication(Application.NLP.TEXT_CLASSIFICATION).build().loadModel()) {
            assertThat(model.getNDManager().getEngine().getEngineName()).isEqualTo("Filigree");
        }
    }

    @Test
    void anAddress() throws Exception {
        Criteria<String, Classifications> criteria = Criteria.builder().setTypes(String.class, Classifications.class)
                .optModelUrls(file.toUri() + "?model_name=other").build();
        try (ZooModel<?, ?> model = criteria.loadModel()) {
            assertThat(model.getName()).isEqualTo("other");
        }
    }

    @Test
    void settingsReachTheRuntime() throws Exception {
        try (ZooModel<?, ?> model = criteria(file).optOption("provider", "reference").optOption("threads", "2").build().loadModel()) {
            assertThat(provider(model)).isEqualTo("reference");
        }
        assertThat(EngineOptions.of(Map.of("threads", "3", "verify", "false"), Optional.empty()))
                .isEqualTo(new EngineOptions("auto", 3, false, Encoder.Pooling.MEAN));
        assertThatThrownBy(() -> criteria(file).optOption("threads", "0").build().loadModel())
                .isInstanceOf(EngineException.class)
                .hasMessage("A model needs at least one thread, not 0.");
    }

    @Test
    void aDeviceMeansAProviderWhereNoneIsNamed() {
        assertThat(EngineOptions.of(Map.of(), Optional.of(Device.gpu(1))).provider()).isEqualTo("cuda:1");
        assertThat(EngineOptions.of(Map.of(), Optional.of(Device.cpu())).provider()).isEqualTo("cpu");
        assertThat(EngineOptions.of(Map.of("provider", "vector"), Optional.of(Device.cpu())).provider()).isEqualTo("vector");
        assertThatThrownBy(() -> EngineOptions.of(Map.of(), Optional.of(Device.of("tpu", 0))))
                .hasMessageStartingWith("The engine Filigree runs on cpu and gpu");
    }

    @Test
    void settingsThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> criteria(file).optOption("threads", "two").build().loadModel())
                .isInstanceOf(IllegalArgumentException.class).hasMessage("Option threads is a number, not \"two\".");
        assertThatThrownBy(() -> criteria(file).optOption("verify", "yes").build().loadModel())
                .hasMessage("Option verify is true or false, not \"yes\".");
        assertThatThrownBy(() -> criteria(file).optOption("pooling", "max").build().loadModel())
                .hasMessage("Option pooling is mean or cls, not \"max\".");
        assertThatThrownBy(() -> criteria(file).optOption("provider", "abacus").build().loadModel())
                .isInstanceOf(EngineException.class).hasMessageContaining("abacus");
    }

    @Test
    void aFileThatIsNoModel() throws Exception {
        Path broken = Files.writeString(folder.resolve("broken.filigree"), "broken");
        assertThatThrownBy(() -> PackedFiles.load(String.class, Classifications.class, broken))
                .isInstanceOf(MalformedModelException.class)
                .hasMessage(broken + ": this is not a Filigree model file: it does not start with 0A 08 'filigree'.");
    }

    @Test
    void aFileThatIsNotThere() throws Exception {
        assertThatThrownBy(() -> PackedFiles.load(String.class, Classifications.class, folder.resolve("absent.filigree")))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessage(folder.resolve("absent.filigree") + ": there is no such file.");
        assertThatThrownBy(() -> PackedFiles.load(String.class, Classifications.class, folder.resolve("absent")))
                .isInstanceOf(ModelNotFoundException.class);
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> Model.newInstance("empty", "Filigree").load(empty)).isInstanceOf(FileNotFoundException.class)
                .hasMessage(empty + ": no *.filigree file lies in this folder.");
    }

    @Test
    void aModelThatComputesSomethingElseThanItShould() throws Exception {
        GoldenExample wrong = new GoldenExample("good", Optional.empty(), new float[] {40, -40});
        Path altered = PackedFiles.write(
                TinyModels.with(TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 5), List.of(wrong)), folder.resolve("altered.filigree"));
        assertThatThrownBy(() -> PackedFiles.load(String.class, Classifications.class, altered)).isInstanceOf(EngineException.class);
        criteria(altered).optOption("verify", "false").build().loadModel().close();
    }

    @Test
    void blocksAreForOtherEngines() {
        assertThatThrownBy(() -> criteria(file).optBlock(new SequentialBlock()).build().loadModel())
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("leave out optBlock");
    }

    @Test
    void withoutCriteriaAndByStream() throws Exception {
        Translator<String, String> labels = new LabelTranslator();
        try (Model model = Model.newInstance("streamed", "Filigree"); Classifier classifier = Classifier.open(file)) {
            assertThatThrownBy(() -> model.newPredictor(labels)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call load first");
            try (InputStream in = Files.newInputStream(file)) {
                model.load(in);
            }
            assertThatThrownBy(() -> model.load(file)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("loaded already");
            try (Predictor<String, String> predictor = model.newPredictor(labels)) {
                assertThat(predictor.predict("good")).isEqualTo(classifier.classify("good").label());
            }
        }
    }

    /** What an application may write that wants something else than the translators of this engine give. */
    private static final class LabelTranslator implements NoBatchifyTranslator<String, String> {
        @Override
        public NDList processInput(TranslatorContext ctx, String input) {
            return new NDList(new PassthroughNDArray(TextInput.of(input)));
        }

        @Override
        public String processOutput(TranslatorContext ctx, NDList list) {
            return ((Classification) ((PassthroughNDArray) list.singletonOrThrow()).getObject()).label();
        }
    }
}
