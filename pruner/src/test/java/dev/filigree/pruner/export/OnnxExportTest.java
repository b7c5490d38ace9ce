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
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
            for (byte[] graph : List.of(OnnxExport.dense(model), OnnxExport.fused(model, OnnxExport.Values.FP32))) {
                Outputs theirs = onnxRuntime(graph, batch, false);
                try (EncoderProgram program = ORACLE.load(model, 1)) {
                    assertThat(theirs.logits()).containsExactly(program.logits(batch), TOLERANCE);
                    assertThat(theirs.hidden()).containsExactly(program.hiddenStates(batch), TOLERANCE);
                }
            }
        }
    }

    /** Activations are rounded to 8 bits before every linear, so that the logits are near ours and no more. */
    @ParameterizedTest
    @CsvSource({
        // hidden, layers, heads, intermediate, labels, sparsity, type, pooling
        "24, 2, 3, 37, 2, 2:4@4, INT8, MEAN",
        "24, 2, 3, 37, 3, dense, INT8, CLS",
        "20, 1, 5, 33, 2, 2:4@1, FP16, POOLER",
        "30, 3, 1, 7, 1, 1:3@2, FP32, MEAN",
    })
    void int8GraphGivesLogitsNearOurs(
            int hidden, int layers, int heads, int intermediate, int labels, String sparsity, DType type, Pooling pooling)
            throws OrtException {
        EncoderShape shape = new EncoderShape(hidden, layers, heads, intermediate, 53, 19, 2, 1e-5f);
        Model model = TinyModels.model(shape, Sparsity.parse(sparsity), type, pooling, labels, hidden + labels);
        TokenBatch batch = batch(shape, 5, 19, 1, 8);
        for (byte[] graph : List.of(OnnxExport.int8(model), OnnxExport.fused(model, OnnxExport.Values.INT8))) {
            Outputs theirs = onnxRuntime(graph, batch, true);
            try (EncoderProgram program = ORACLE.load(model, 1)) {
                assertThat(theirs.logits()).containsExactly(program.logits(batch), within(0.1f));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FP32, 4", "INT8, 1"})
    void bytesAreThoseOfTheValues(OnnxExport.Values values, int bytesOfWeight) throws IOException {
        EncoderShape shape = new EncoderShape(128, 1, 4, 512, 500, 19, 2, 1e-12f);
        Model model = TinyModels.model(shape, Sparsity.DENSE, DType.FP32, Pooling.MEAN, 2, 5);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OnnxExport.write(model, values, out);
        int weights = (500 + 19 + 2) * 128 + 4 * 128 * 128 + 2 * 128 * 512;
        assertThat(out.size()).isBetween(bytesOfWeight * weights, bytesOfWeight * weights + 40_000);
    }

    @Test
    void int8GraphHoldsTheCodesAndScalesOfTheFile() throws IOException {
        float[] weights = {0.5f, 0, 0, -1, 0, 0, 0, 0, 3, 0, 0, 0.2f, 0, 0.7f, 0.1f, 0};
        SparseMatrix sparse = SparseMatrix.ofInt8(
                weights, 4, 4, Sparsity.parse("2:4@1"), new float[] {0.01f, 1e-38f, 0.025f, 0.1f}, new int[] {2, 0, 3, 1});
        Codes codes = Codes.of(sparse);
        assertThat(codes.scales()).containsExactly(0.01f, 1e-38f, 0.025f, 0.1f);
        assertThat(codes.rowMajor()).containsExactly(50, 0, 0, -100, 0, 0, 0, 0, 120, 0, 0, 8, 0, 7, 1, 0);
        assertThat(Codes.columnMajor(List.of(codes, codes))).startsWith(50, 0, 120, 0, 50, 0, 120, 0, 0, 0, 0, 7, 0, 0, 0, 7);
    }

    @Test
    void onnxRuntimeFusesAttentionGeluAndLayerNorm() throws OrtException, IOException {
        Map<String, Long> operators = optimized(OnnxExport.dense(fusable()));
        assertThat(operators).containsEntry("Attention", 2L).containsEntry("BiasGelu", 2L).containsEntry("LayerNormalization", 5L);
        assertThat(operators).doesNotContainKeys("Softmax", "Erf", "Sqrt");
    }

    @Test
    void onnxRuntimeFusesTheInt8Linears() throws OrtException, IOException {
        Map<String, Long> operators = optimized(OnnxExport.int8(fusable()));
        assertThat(operators).containsEntry("QAttention", 2L).containsEntry("DynamicQuantizeMatMul", 6L).containsEntry("Gelu", 2L);
        assertThat(operators).doesNotContainKeys("MatMulInteger", "MatMulIntegerToFloat", "Softmax", "Erf", "Sqrt");
    }

    @Test
    void fusedGraphsAreMadeOfTransformersOperators() throws OrtException, IOException {
        Map<String, Long> fp32 = optimized(OnnxExport.fused(fusable(), OnnxExport.Values.FP32));
        assertThat(fp32).containsEntry("EmbedLayerNormalization", 1L).containsEntry("Attention", 2L).containsEntry("BiasGelu", 2L)
                .containsEntry("SkipLayerNormalization", 4L);
        assertThat(fp32).doesNotContainKeys("LayerNormalization", "Softmax", "Erf", "Sqrt");
        Map<String, Long> int8 = optimized(OnnxExport.fused(fusable(), OnnxExport.Values.INT8));
        assertThat(int8).containsEntry("QAttention", 2L).containsEntry("DynamicQuantizeMatMul", 6L).containsEntry("Gelu", 2L)
                .containsEntry("SkipLayerNormalization", 4L).containsEntry("LayerNormalization", 1L);
    }

    private static Model fusable() {
        EncoderShape shape = new EncoderShape(32, 2, 4, 64, 53, 19, 2, 1e-12f);
        return TinyModels.model(shape, Sparsity.parse("2:4@16"), DType.INT8, Pooling.MEAN, 2, 5);
    }

    /** How many nodes of each operator are left after ONNX Runtime's optimisations. */
    private Map<String, Long> optimized(byte[] graph) throws OrtException, IOException {
        Path optimized = folder.resolve("optimized.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
            options.setOptimizedModelFilePath(optimized.toString());
            OrtEnvironment.getEnvironment().createSession(graph, options).close();
        }
        return ModelProto.parseFrom(Files.readAllBytes(optimized)).getGraph().getNodeList().stream()
                .map(NodeProto::getOpType)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    private record Outputs(float[] logits, float[] hidden) {}

    /** Runs padded rows; the hidden states are those of the tokens alone, packed. */
    private static Outputs onnxRuntime(byte[] onnx, TokenBatch batch, boolean exactProducts) throws OrtException {
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
        try (OrtSession.SessionOptions options = options(exactProducts);
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

    /** Without VNNI the fast products of x64 saturate, unless they are asked not to. */
    private static OrtSession.SessionOptions options(boolean exactProducts) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        if (exactProducts) {
            options.addConfigEntry("session.x64quantprecision", "1");
        }
        return options;
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
