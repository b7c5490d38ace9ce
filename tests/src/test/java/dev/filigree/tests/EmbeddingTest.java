package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Provenance;
import dev.filigree.format.Task;
import dev.filigree.pruner.base.BaseModel;
import dev.filigree.pruner.base.BaseModels;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.Encoder.Pooling;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentence embeddings of the real MiniLM, packed as it is, against ONNX Runtime on the graph that its publishers exported. */
class EmbeddingTest {
    private static final List<String> TEXTS = List.of(
            "A man is eating food.",
            "Somebody has a meal.",
            "The girl is carrying a baby.",
            "",
            "Naïve façades, 東京 and a wordthatnobodyhaseverseen — all of it in one line!",
            "It goes on and on. ".repeat(30));

    @TempDir
    private static Path folder;
    private static Path file;
    private static BaseModel base;
    private static OrtSession session;

    @BeforeAll
    static void pack() throws IOException, OrtException {
        base = BaseModels.named("all-MiniLM-L6-v2");
        file = folder.resolve("minilm.filigree");
        ModelWriter.write(packed(), file);
        try (InputStream onnx = EmbeddingTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx");
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            session = OrtEnvironment.getEnvironment().createSession(onnx.readAllBytes(), options);
        }
    }

    @AfterAll
    static void close() throws OrtException {
        session.close();
    }

    @ParameterizedTest
    @CsvSource({"auto, MEAN", "auto, CLS", "vector, MEAN"})
    void areThoseOfOnnxRuntime(String provider, Pooling pooling) throws Exception {
        try (Encoder encoder = Encoder.builder().provider(provider).pooling(pooling).open(file)) {
            assertThat(encoder.dimensions()).isEqualTo(384);
            List<float[]> embeddings = encoder.embed(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                assertThat(product(embeddings.get(i), embeddings.get(i))).isEqualTo(1, within(1e-6));
                double[] expected = onnxRuntime(encoder.tokenizer().encode(TEXTS.get(i)).ids(), pooling);
                assertThat(cosine(embeddings.get(i), expected)).as(TEXTS.get(i)).isGreaterThan(0.99999);
            }
        }
    }

    @Test
    void likeMeaningsAreNear() throws Exception {
        try (Encoder encoder = Encoder.open(file)) {
            List<float[]> embeddings = encoder.embed(TEXTS);
            assertThat(product(embeddings.get(0), embeddings.get(1))).isGreaterThan(0.5);
            assertThat(product(embeddings.get(0), embeddings.get(2))).isLessThan(0.3);
        }
    }

    /** Pooled from the definition; not normalised. */
    private static double[] onnxRuntime(int[] tokens, Pooling pooling) throws OrtException {
        try (OnnxTensor ids = row(Arrays.stream(tokens).asLongStream().toArray());
                OnnxTensor types = row(new long[tokens.length]);
                OnnxTensor mask = row(IntStream.range(0, tokens.length).mapToLong(i -> 1).toArray());
                OrtSession.Result result = session.run(Map.of("input_ids", ids, "token_type_ids", types, "attention_mask", mask))) {
            float[][] states = ((float[][][]) result.get(0).getValue())[0];
            int counted = pooling == Pooling.CLS ? 1 : tokens.length;
            return IntStream.range(0, states[0].length)
                    .mapToDouble(feature -> IntStream.range(0, counted).mapToDouble(token -> states[token][feature]).sum())
                    .toArray();
        }
    }

    private static OnnxTensor row(long[] values) throws OrtException {
        return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), new long[][] {values});
    }

    private static double product(float[] a, float[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
    }

    private static double cosine(float[] a, double[] b) {
        double product = IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
        return product / Math.sqrt(product(a, a) * Arrays.stream(b).map(value -> value * value).sum());
    }

    /** The encoder dense and in fp32, with a classifier that nobody asks. */
    private static Model packed() {
        EncoderShape shape = base.shape();
        int hidden = shape.hidden();
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            String layer = "encoder.layer." + i + ".";
            layers.add(new EncoderLayer(
                    linear(layer + "attention.self.query", hidden, hidden),
                    linear(layer + "attention.self.key", hidden, hidden),
                    linear(layer + "attention.self.value", hidden, hidden),
                    linear(layer + "attention.output.dense", hidden, hidden),
                    norm(layer + "attention.output.LayerNorm"),
                    linear(layer + "intermediate.dense", shape.intermediate(), hidden),
                    linear(layer + "output.dense", hidden, shape.intermediate()),
                    norm(layer + "output.LayerNorm")));
        }
        Embeddings embeddings = new Embeddings(
                matrix("embeddings.word_embeddings.weight", shape.vocabulary(), hidden),
                matrix("embeddings.position_embeddings.weight", shape.maxPositions(), hidden),
                matrix("embeddings.token_type_embeddings.weight", shape.typeVocabulary(), hidden),
                norm("embeddings.LayerNorm"));
        Linear classifier = new Linear(DenseMatrix.of(new float[hidden], 1, hidden, DType.FP32), new float[1]);
        return new Model(
                shape,
                base.tokenizer(),
                embeddings,
                layers,
                new Head(dev.filigree.format.Pooling.MEAN, Optional.empty(), classifier),
                new Task("none", List.of("nothing"), true, false),
                new Provenance("test", base.name(), "dense", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private static Linear linear(String name, int outputs, int inputs) {
        return new Linear(matrix(name + ".weight", outputs, inputs), base.weights().get(name + ".bias"));
    }

    private static DenseMatrix matrix(String name, int rows, int columns) {
        return DenseMatrix.of(base.weights().get(name), rows, columns, DType.FP32);
    }

    private static LayerNorm norm(String name) {
        return new LayerNorm(base.weights().get(name + ".weight"), base.weights().get(name + ".bias"));
    }
}
