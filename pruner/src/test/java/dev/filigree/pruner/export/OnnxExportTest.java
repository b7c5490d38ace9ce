package dev.filigree.pruner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exported graph in ONNX Runtime against our own forward pass. */
class OnnxExportTest {
    private static final Offset<Float> TOLERANCE = within(1e-4f);
    private static final KernelProvider ORACLE = new ReferenceProvider();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        // hidden, layers, heads, intermediate, labels, sparsity, type, pooling
        "24, 2, 3, 37, 2, 2:4@4, FP32, MEAN",
        "24, 2, 3, 37, 3, dense, FP32, CLS",
        "20, 1, 5, 33, 2, 2:4@1, FP16, POOLER",
        "30, 3, 1, 7, 1, 1:3@2, FP32, MEAN",
        "8, 2, 8, 16, 4, 4:8@16, FP32, POOLER",
    })
    void onnxRuntimeGivesOurLogitsAndHiddenStates(
            int hidden, int layers, int heads, int intermediate, int labels, String sparsity, DType type, Pooling pooling)
            throws OrtException {
        EncoderShape shape = new EncoderShape(hidden, layers, heads, intermediate, 53, 19, 2, 1e-5f);
        Model model = TinyModels.model(shape, Sparsity.parse(sparsity), type, pooling, labels, hidden + labels);
        for (int[] lengths : new int[][] {{19}, {1}, {5, 19, 1, 8}}) {
            TokenBatch batch = batch(shape, lengths);
            Outputs theirs = onnxRuntime(OnnxExport.dense(model), batch);
            try (EncoderProgram program = ORACLE.load(model, 1)) {
                assertThat(theirs.logits()).containsExactly(program.logits(batch), TOLERANCE);
                assertThat(theirs.hidden()).containsExactly(program.hiddenStates(batch), TOLERANCE);
            }
        }
    }

    @Test
    void onnxRuntimeFusesAttentionGeluAndLayerNorm() throws OrtException, IOException {
        EncoderShape shape = new EncoderShape(32, 2, 4, 64, 53, 19, 2, 1e-12f);
        Model model = TinyModels.model(shape, Sparsity.parse("2:4@16"), DType.FP32, Pooling.MEAN, 2, 5);
        Path optimized = folder.resolve("optimized.onnx");
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
            options.setOptimizedModelFilePath(optimized.toString());
            environment.createSession(OnnxExport.dense(model), options).close();
        }
        Map<String, Long> operators = ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList().stream()
                .map(NodeProto::getOpType)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        assertThat(operators).containsEntry("Attention", 2L).containsEntry("BiasGelu", 2L).containsEntry("LayerNormalization", 5L);
        assertThat(operators).doesNotContainKeys("Softmax", "Erf", "Sqrt");
    }

    private record Outputs(float[] logits, float[] hidden) {}

    /** Runs padded rows; the hidden states are those of the tokens alone, packed. */
    private static Outputs onnxRuntime(byte[] onnx, TokenBatch batch) throws OrtException {
        int longest = IntStream.range(0, batch.sequences()).map(batch::length).max().orElseThrow();
        long[][] ids = new long[batch.sequences()][longest];
        long[][] types = new long[batch.sequences()][longest];
        long[][] mask = new long[batch.sequences()][longest];
        for (int s = 0; s < batch.sequences(); s++) {
            for (int t = 0; t < batch.length(s); t++) {
                ids[s][t] = batch.ids()[batch.offsets()[s] + t];
                types[s][t] = batch.types()[batch.offsets()[s] + t];
                mask[s][t] = 1;
            }
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(onnx, options);
                OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids);
                OnnxTensor typeTensor = OnnxTensor.createTensor(environment, types);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, mask);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", idTensor, "token_type_ids", typeTensor, "attention_mask", maskTensor))) {
            float[][] logits = (float[][]) result.get("logits").orElseThrow().getValue();
            float[][][] hidden = (float[][][]) result.get("last_hidden_state").orElseThrow().getValue();
            return new Outputs(flat(Stream.of(logits)), flat(IntStream.range(0, batch.sequences())
                    .boxed()
                    .flatMap(s -> Stream.of(hidden[s]).limit(batch.length(s)))));
        }
    }

    private static float[] flat(Stream<float[]> rows) {
        float[][] all = rows.toArray(float[][]::new);
        float[] flat = new float[all.length * all[0].length];
        for (int i = 0; i < all.length; i++) {
            System.arraycopy(all[i], 0, flat, i * all[0].length, all[0].length);
        }
        return flat;
    }

    private static TokenBatch batch(EncoderShape shape, int... lengths) {
        SplittableRandom random = new SplittableRandom(lengths.length);
        int[] offsets = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            offsets[i + 1] = offsets[i] + lengths[i];
        }
        int[] ids = random.ints(offsets[lengths.length], 0, shape.vocabulary()).toArray();
        int[] types = random.ints(offsets[lengths.length], 0, shape.typeVocabulary()).toArray();
        return new TokenBatch(ids, types, offsets);
    }
}
