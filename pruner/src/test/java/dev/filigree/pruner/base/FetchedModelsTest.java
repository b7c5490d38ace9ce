package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.HeadSpec;
import dev.filigree.pruner.train.Objective;
import dev.filigree.pruner.train.StepHook;
import dev.filigree.pruner.train.TorchEngine;
import dev.filigree.pruner.train.Trainer;
import dev.filigree.pruner.train.TrainingListener;
import dev.filigree.pruner.train.TrainingPlan;
import dev.filigree.pruner.train.TrainingResult;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The models that are fetched on first use: checked where Maven's local repository has them already, skipped where it has not. */
class FetchedModelsTest {
    @Test
    void bgeSmallEqualsOnnxRuntimeOnItsOwnGraph() throws IOException, OrtException {
        Path jar = require(BaseModels.BGE_SMALL_JAR);
        BaseModel model = BaseModels.named("BGE-small-en-v1.5");
        assertThat(model.shape()).isEqualTo(new EncoderShape(384, 12, 12, 1536, 30522, 512, 2, 1e-12f));
        assertThat(model.pooling()).isEqualTo(Pooling.CLS);
        assertThat(model.tokenizer().vocabulary()).hasSize(30522);
        assertThat(model.tokenizer().lowerCase()).isTrue();
        TokenizedText text = new WordPieceTokenizer(model.tokenizer()).encode("The wire bends, and what is left holds.");
        double[][] mine = new PlainEncoder(model).hiddenStates(text.ids(), text.types());
        float[][] theirs = onnxRuntime(jar, "bge-small-en-v1.5.onnx", text);
        assertThat(theirs).hasNumberOfRows(mine.length);
        for (int t = 0; t < mine.length; t++) {
            for (int j = 0; j < mine[t].length; j++) {
                assertThat((float) mine[t][j]).isCloseTo(theirs[t][j], within(1e-4f));
            }
        }
    }

    /** On weights that are read once. */
    @Nested
    class BertBase {
        private static BaseModel model;

        @BeforeAll
        static void load() throws IOException {
            require(BaseModels.BERT_BASE_JAR);
            model = BaseModels.named("bert-base-uncased");
        }

        @AfterAll
        static void forget() {
            model = null;
        }

        @Test
        void hasTheShapeAndSizeOfBertBase() {
            assertThat(model.shape()).isEqualTo(new EncoderShape(768, 12, 12, 3072, 30522, 512, 2, 1e-12f));
            assertThat(model.pooling()).isEqualTo(Pooling.POOLER);
            assertThat(model.weights().values().stream().mapToLong(values -> values.length).sum()).isEqualTo(109_482_240);
            assertThat(model.tokenizer().vocabulary()).hasSize(30522);
            assertThat(model.tokenizer().vocabulary().subList(100, 104)).containsExactly("[UNK]", "[CLS]", "[SEP]", "[MASK]");
            model.weights().forEach((name, values) -> {
                if (name.matches("encoder.*(query|key|value|dense).weight")) {
                    assertThat(deviation(values)).as(name).isBetween(0.02, 0.07);
                }
            });
        }

        /** The artifact brings the head that BERT was pretrained with, so the weights can show that they know something. */
        @Test
        void fillsInTheMissingWord() throws IOException {
            Map<String, float[]> head = maskedWordHead();
            assertThat(filledIn(head, "Paris is the capital of France.", "capital")).isEqualTo("capital");
            assertThat(filledIn(head, "The capital of France is Paris.", "paris")).isEqualTo("paris");
        }

        @Test
        void learns() throws InterruptedException {
            WordPieceTokenizer tokenizer = new WordPieceTokenizer(model.tokenizer());
            List<EncodedExample> examples = new ArrayList<>();
            for (String thing : List.of("film", "story", "cast", "music")) {
                examples.add(new EncodedExample(tokenizer.encode("A wonderful " + thing + "."), 1));
                examples.add(new EncodedExample(tokenizer.encode("An awful " + thing + "."), 0));
            }
            HeadSpec head = new HeadSpec(model.pooling(), 2, false);
            try (BertClassifier classifier = new BertClassifier(TorchEngine.start(1), model.shape(), head, model.weights(), 1)) {
                TrainingPlan plan = TrainingPlan.of("fine-tune", 10, 8, 5e-5, 1);
                TrainingResult result =
                        new Trainer(classifier, TrainingListener.SILENT).train(examples, plan, Objective.LABELS, StepHook.NONE);
                assertThat(result.lastLoss()).isLessThan(0.7 * result.firstLoss());
            }
        }

        private static Map<String, float[]> maskedWordHead() throws BaseModelException {
            String prefix = "module/cls/predictions/";
            Map<String, float[]> head = new HashMap<>();
            Path jar = BaseModels.BERT_BASE_JAR.in(MavenArtifact.localRepository());
            EasyBert.variables(jar, BaseModels.BERT_BASE_ENTRY).read(new TensorBundle.Reader() {
                @Override
                public boolean wants(TensorBundle.Tensor tensor) {
                    return tensor.name().startsWith(prefix);
                }

                @Override
                public void take(TensorBundle.Tensor tensor, float[] values) {
                    head.put(tensor.name().substring(prefix.length()), values);
                }
            });
            return head;
        }

        /** What BERT's masked language model (Devlin et al. 2019, section 3.1) finds most likely in the place of a word. */
        private static String filledIn(Map<String, float[]> head, String text, String word) {
            List<String> vocabulary = model.tokenizer().vocabulary();
            int[] ids = new WordPieceTokenizer(model.tokenizer()).encode(text).ids();
            int at = IntStream.range(0, ids.length).filter(i -> vocabulary.get(ids[i]).equals(word)).findFirst().orElseThrow();
            ids[at] = vocabulary.indexOf("[MASK]");
            double[] state = new PlainEncoder(model).hiddenStates(ids, new int[ids.length])[at];
            int hidden = state.length;
            double[] transformed = new double[hidden];
            for (int o = 0; o < hidden; o++) {
                double sum = head.get("transform/dense/bias")[o];
                for (int i = 0; i < hidden; i++) {
                    sum += head.get("transform/dense/kernel")[i * hidden + o] * state[i];
                }
                transformed[o] = PlainEncoder.gelu(sum);
            }
            double mean = Arrays.stream(transformed).average().orElseThrow();
            double variance = Arrays.stream(transformed).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            for (int i = 0; i < hidden; i++) {
                transformed[i] = (transformed[i] - mean) / Math.sqrt(variance + 1e-12) * head.get("transform/LayerNorm/gamma")[i]
                        + head.get("transform/LayerNorm/beta")[i];
            }
            float[] words = model.weights().get("embeddings.word_embeddings.weight");
            double[] scores = new double[vocabulary.size()];
            for (int id = 0; id < scores.length; id++) {
                scores[id] = head.get("output_bias")[id];
                for (int i = 0; i < hidden; i++) {
                    scores[id] += transformed[i] * words[id * hidden + i];
                }
            }
            return vocabulary.get(
                    IntStream.range(0, scores.length).boxed().max(Comparator.comparingDouble(id -> scores[id])).orElseThrow());
        }
    }

    private static Path require(MavenArtifact artifact) {
        Path jar = artifact.in(MavenArtifact.localRepository());
        assumeTrue(Files.exists(jar), artifact.model() + " has not been fetched yet: --base " + artifact.model() + " does.");
        return jar;
    }

    private static double deviation(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / values.length);
    }

    private static float[][] onnxRuntime(Path jar, String entry, TokenizedText text) throws IOException, OrtException {
        byte[] onnx;
        try (ZipFile zip = new ZipFile(jar.toFile()); InputStream in = zip.getInputStream(zip.getEntry(entry))) {
            onnx = in.readAllBytes();
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        int[] ones = Arrays.stream(text.ids()).map(id -> 1).toArray();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(onnx, options);
                OnnxTensor ids = tensor(environment, text.ids());
                OnnxTensor types = tensor(environment, text.types());
                OnnxTensor mask = tensor(environment, ones);
                OrtSession.Result result = session.run(Map.of("input_ids", ids, "token_type_ids", types, "attention_mask", mask))) {
            return ((float[][][]) result.get(0).getValue())[0];
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, int[] values) throws OrtException {
        return OnnxTensor.createTensor(environment, new long[][] {Arrays.stream(values).asLongStream().toArray()});
    }
}
