package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.ByteString;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.GraphProto;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Import of base models: the bundled MiniLM against ONNX Runtime on its own graph, and graphs that were tampered with. */
class BaseModelsTest {
    private static byte[] onnx;
    private static ModelProto proto;
    private static BaseModel model;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws IOException {
        onnx = resource("all-minilm-l6-v2.onnx");
        proto = ModelProto.parseFrom(onnx);
        model = BaseModels.named("all-MiniLM-L6-v2");
    }

    @Test
    void shapeAndTokenizerOfMiniLm() {
        assertThat(model.name()).isEqualTo("all-MiniLM-L6-v2");
        assertThat(model.pooling()).isEqualTo(Pooling.MEAN);
        assertThat(model.shape()).isEqualTo(new EncoderShape(384, 6, 12, 1536, 30522, 512, 2, 1e-12f));
        assertThat(model.weights()).hasSize(5 + 6 * 16);
        assertThat(model.tokenizer().vocabulary()).hasSize(30522).startsWith("[PAD]").endsWith("##～");
        assertThat(model.tokenizer().vocabulary().subList(100, 104)).containsExactly("[UNK]", "[CLS]", "[SEP]", "[MASK]");
        assertThat(model.tokenizer().lowerCase()).isTrue();
        assertThat(model.tokenizer().stripAccents()).isTrue();
        assertThat(model.tokenizer().splitChinese()).isTrue();
        assertThat(model.tokenizer().maxTokens()).isEqualTo(512);
    }

    @Test
    void hiddenStatesEqualThoseOfOnnxRuntimeOnTheOriginalGraph() throws OrtException {
        int[] ids = {101, 2023, 3185, 2003, 2025, 6659, 102, 2009, 1005, 1055, 2488, 1012, 102};
        int[] types = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1};
        double[][] mine = new PlainEncoder(model).hiddenStates(ids, types);
        float[][] theirs = onnxRuntime(ids, types);
        for (int t = 0; t < ids.length; t++) {
            for (int j = 0; j < mine[t].length; j++) {
                assertThat((float) mine[t][j]).isCloseTo(theirs[t][j], Offset.offset(1e-4f));
            }
        }
    }

    @Test
    void orderOfNodesAndNamesOfAnonymousConstantsDoNotMatter() throws BaseModelException {
        Map<String, String> renamed = proto.getGraph().getInitializerList().stream()
                .map(TensorProto::getName)
                .filter(name -> name.startsWith("onnx::"))
                .collect(Collectors.toMap(name -> name, name -> "w" + Integer.toHexString(name.hashCode())));
        assertThat(renamed).hasSize(36);
        Encoder encoder = OnnxBert.read(parse(tamper(graph -> {
            List<NodeProto> nodes = new ArrayList<>();
            for (NodeProto node : graph.getNodeList()) {
                List<String> inputs = node.getInputList().stream().map(name -> renamed.getOrDefault(name, name)).toList();
                nodes.add(node.toBuilder().clearInput().addAllInput(inputs).build());
            }
            Collections.shuffle(nodes, new Random(7));
            List<TensorProto> tensors = new ArrayList<>();
            for (TensorProto tensor : graph.getInitializerList()) {
                tensors.add(tensor.toBuilder().setName(renamed.getOrDefault(tensor.getName(), tensor.getName())).build());
            }
            Collections.shuffle(tensors, new Random(8));
            graph.clearNode().addAllNode(nodes).clearInitializer().addAllInitializer(tensors);
        })));
        assertSameWeights(encoder);
    }

    @Test
    void commonPrefixOfTheNamesAndSharedTensorsBehindIdentityAreUnderstood() throws BaseModelException {
        String shared = "encoder.layer.3.output.LayerNorm.bias";
        Encoder encoder = OnnxBert.read(parse(tamper(graph -> {
            for (int i = 0; i < graph.getInitializerCount(); i++) {
                TensorProto.Builder tensor = graph.getInitializerBuilder(i);
                tensor.setName(tensor.getName().equals(shared) ? "shared" : prefixed(tensor.getName()));
            }
            for (int i = 0; i < graph.getNodeCount(); i++) {
                NodeProto.Builder node = graph.getNodeBuilder(i);
                List<String> inputs = node.getInputList().stream().map(BaseModelsTest::prefixed).toList();
                node.clearInput().addAllInput(inputs);
            }
            graph.addNode(NodeProto.newBuilder().setOpType("Identity").addInput("shared").addOutput("bert." + shared));
        })));
        assertSameWeights(encoder);
    }

    @Test
    void headsAreReadFromAReshapeWithOneConstantShape() throws BaseModelException {
        byte[] bytes = tamper(graph -> {
            graph.addInitializer(TensorProto.newBuilder().setName("split").setDataType(TensorProto.DataType.INT64_VALUE)
                    .addDims(4).addAllInt64Data(List.of(0L, -1L, 6L, 64L)));
            graph.getNodeBuilderList().stream()
                    .filter(node -> node.getOpType().equals("Reshape") && node.getInput(0).contains("query"))
                    .forEach(node -> node.setInput(1, "split"));
        });
        assertThat(OnnxBert.read(parse(bytes)).shape().heads()).isEqualTo(6);
    }

    @Test
    void missingWeightsAreRefusedByName() {
        assertRefused(without("encoder.layer.3.attention.self.key.bias"), "encoder.layer.3.attention.self.key.bias is missing");
        assertRefused(without("embeddings.LayerNorm.weight"), "embeddings.LayerNorm.weight is missing");
        assertRefused(without("embeddings.word_embeddings.weight"), "embeddings.word_embeddings.weight");
        String anonymous = proto.getGraph().getNodeList().stream()
                .filter(node -> node.getOutput(0).equals("/encoder/layer.5/output/dense/MatMul_output_0"))
                .findFirst().orElseThrow().getInput(1);
        assertRefused(without(anonymous), "encoder.layer.5.output.dense.weight is missing");
    }

    @Test
    void wrongGraphsAreRefused() {
        assertRefused("no protobuf".getBytes(StandardCharsets.UTF_8), "is no ONNX file");
        assertRefused(new byte[0], "holds no ONNX graph");
        assertRefused(Arrays.copyOf(onnx, 1000), "is no ONNX file");
        assertRefused(change("encoder.layer.1.output.dense.bias", tensor -> tensor.setDims(0, 383)),
                "encoder.layer.1.output.dense.bias has the shape [383] where [384]");
        assertRefused(change("embeddings.LayerNorm.bias", tensor -> tensor.setRawData(tensor.getRawData().substring(4))),
                "embeddings.LayerNorm.bias holds 1532 bytes where 1536");
        assertRefused(change("embeddings.LayerNorm.bias", tensor -> tensor.setDataType(10)), "LayerNorm.bias is not stored as fp32");
        assertRefused(change("embeddings.LayerNorm.bias", tensor -> tensor.setDataLocation(TensorProto.DataLocation.EXTERNAL)),
                "embeddings.LayerNorm.bias lies in another file");
        List<Float> nans = Collections.nCopies(384, Float.NaN);
        assertRefused(change("embeddings.LayerNorm.bias", tensor -> tensor.clearRawData().addAllFloatData(nans)),
                "embeddings.LayerNorm.bias holds a value that is not finite");
        assertRefused(nodes("Erf", node -> node.setOpType("Tanh")), "0 erf GELUs");
        assertRefused(nodes("Reshape", node -> node.setInput(1, "elsewhere")), "into heads is missing");
        assertRefused(nodes("Sqrt", node -> node.setOpType("Exp")), "the epsilon of 0 LayerNorms");
        assertRefused(nodes("Constant", node -> {
            AttributeProto.Builder value = node.getAttributeBuilder(0);
            if (value.getT().getRawData().equals(ByteString.copyFrom(new byte[] {12, 0, 0, 0, 0, 0, 0, 0}))) {
                value.setT(value.getT().toBuilder().clearRawData().addInt64Data(13));
            }
        }), "splits 384 values into [13, 32]");
    }

    @Test
    void unknownNamesAreRefusedWithTheKnownOnes() {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> BaseModels.named("gpt-2"))
                .withMessage("There is no base model named 'gpt-2': write one of all-MiniLM-L6-v2, bge-small-en-v1.5, bert-base-uncased, "
                        + "or the path of a Hugging Face folder.");
    }

    @Test
    void readsAnExportFromFilesAndNamesTheMissingOne() throws IOException {
        Path file = Files.write(folder.resolve("tiny.onnx"), onnx);
        Path tokenizer = Files.write(folder.resolve("tokenizer.json"), resource("all-minilm-l6-v2-tokenizer.json"));
        BaseModel read = BaseModels.onnx(file, tokenizer);
        assertThat(read.name()).isEqualTo("tiny");
        assertThat(read.tokenizer()).isEqualTo(model.tokenizer());
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> BaseModels.onnx(folder.resolve("none.onnx"), tokenizer))
                .withMessageContaining("none.onnx cannot be read");
    }

    private static String prefixed(String name) {
        return name.startsWith("embeddings.") || name.startsWith("encoder.") ? "bert." + name : name;
    }

    private static void assertSameWeights(Encoder encoder) {
        assertThat(encoder.shape()).isEqualTo(model.shape());
        assertThat(encoder.weights().keySet()).isEqualTo(model.weights().keySet());
        encoder.weights().forEach((name, values) -> assertThat(Arrays.equals(values, model.weights().get(name))).as(name).isTrue());
    }

    private static void assertRefused(byte[] bytes, String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> OnnxBert.read(parse(bytes)))
                .withMessageStartingWith("model.onnx")
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }

    private static OnnxGraph parse(byte[] bytes) throws BaseModelException {
        return OnnxGraph.parse(bytes, "model.onnx");
    }

    private static byte[] tamper(Consumer<GraphProto.Builder> change) {
        ModelProto.Builder copy = proto.toBuilder();
        change.accept(copy.getGraphBuilder());
        return copy.build().toByteArray();
    }

    private static byte[] without(String initializer) {
        return tamper(graph -> {
            List<TensorProto> rest = graph.getInitializerList().stream().filter(t -> !t.getName().equals(initializer)).toList();
            assertThat(rest).hasSize(graph.getInitializerCount() - 1);
            graph.clearInitializer().addAllInitializer(rest);
        });
    }

    private static byte[] change(String initializer, Consumer<TensorProto.Builder> change) {
        return tamper(graph -> graph.getInitializerBuilderList().stream()
                .filter(tensor -> tensor.getName().equals(initializer))
                .forEach(change));
    }

    private static byte[] nodes(String type, Consumer<NodeProto.Builder> change) {
        return tamper(graph -> graph.getNodeBuilderList().stream().filter(node -> node.getOpType().equals(type)).forEach(change));
    }

    private static float[][] onnxRuntime(int[] ids, int[] types) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(onnx, options);
                OnnxTensor input = tensor(environment, ids);
                OnnxTensor type = tensor(environment, types);
                OnnxTensor mask = tensor(environment, Arrays.stream(ids).map(id -> 1).toArray());
                OrtSession.Result result = session.run(Map.of("input_ids", input, "token_type_ids", type, "attention_mask", mask))) {
            return ((float[][][]) result.get(0).getValue())[0];
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, int[] values) throws OrtException {
        return OnnxTensor.createTensor(environment, new long[][] {Arrays.stream(values).asLongStream().toArray()});
    }

    static byte[] resource(String name) throws IOException {
        try (InputStream in = BaseModelsTest.class.getClassLoader().getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
