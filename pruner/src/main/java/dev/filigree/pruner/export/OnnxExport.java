package dev.filigree.pruner.export;

import static dev.filigree.pruner.export.GraphBuilder.attribute;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Model;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Writes a model as an ONNX graph of dense weights, pruned ones as zeros: what ONNX Runtime can run, an independent check of ours and its
 * fair dense peer.
 *
 * <p>Inputs {@code input_ids}, {@code attention_mask} (1 for tokens, 0 for padding behind them) and {@code token_type_ids}, int64
 * {@code [batch, sequence]}; outputs {@code logits}, fp32 {@code [batch, labels]}, and {@code last_hidden_state}, fp32
 * {@code [batch, sequence, hidden]}. Operators are spelled as PyTorch's exporter did in opset 12: the fusion of attention in ONNX Runtime
 * (1.29) knows no later form, and without it the peer would be slower than it can be.
 */
public final class OnnxExport {
    /** What the matrices of the graph hold. */
    public enum Values {
        /** The weights in fp32; standard operators alone, so that any ONNX runtime runs the graph. */
        FP32,
        /**
         * Int8 codes with a scale for each output, and activations quantised as they come. Runs in ONNX Runtime alone, since attention is
         * its {@code QAttention}.
         */
        INT8
    }

    /** How the graph spells what lies between the linears. */
    private enum Operators {
        /** In standard operators. */
        STANDARD,
        /** In those that ONNX Runtime adds for transformers, where its optimiser does not find them by itself. */
        FUSED
    }

    private static final int INT64 = TensorProto.DataType.INT64_VALUE;
    private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;

    private final GraphBuilder graph = new GraphBuilder("filigree");
    private final Model model;
    private final EncoderShape shape;
    private final WeightedParts parts;
    private final Operators operators;

    private OnnxExport(Model model, Values values, Operators operators) {
        this.model = model;
        this.shape = model.shape();
        this.operators = operators;
        this.parts = switch (values) {
            case FP32 -> operators == Operators.FUSED ? new FusedFp32Parts(graph, shape) : new Fp32Parts(graph, shape);
            case INT8 -> new Int8Parts(graph, shape);
        };
    }

    /**
     * The fp32 graph as the bytes of an {@code .onnx} file.
     *
     * @throws IllegalArgumentException when the dense weights do not fit the two gigabytes of one file
     */
    public static byte[] dense(Model model) {
        return new OnnxExport(model, Values.FP32, Operators.STANDARD).build().toByteArray();
    }

    /**
     * The int8 graph as the bytes of an {@code .onnx} file.
     *
     * @throws IllegalArgumentException when the dense weights do not fit the two gigabytes of one file
     */
    public static byte[] int8(Model model) {
        return new OnnxExport(model, Values.INT8, Operators.STANDARD).build().toByteArray();
    }

    /**
     * The graph for ONNX Runtime alone, as the bytes of an {@code .onnx} file: {@code Attention} and {@code EmbedLayerNormalization} (where
     * the weights are fp32) and {@code SkipLayerNormalization}, operators that ONNX Runtime has for transformers.
     *
     * @throws IllegalArgumentException when the dense weights do not fit the two gigabytes of one file
     */
    public static byte[] fused(Model model, Values values) {
        return new OnnxExport(model, values, Operators.FUSED).build().toByteArray();
    }

    /**
     * Writes a graph as an {@code .onnx} file.
     *
     * @throws IllegalArgumentException when the dense weights do not fit the two gigabytes of one file; nothing is written then
     */
    public static void write(Model model, Values values, OutputStream out) throws IOException {
        new OnnxExport(model, values, Operators.STANDARD).build().writeTo(out);
    }

    private ModelProto build() {
        String ids = graph.input("input_ids", INT64, "batch", "sequence");
        String mask = graph.input("attention_mask", INT64, "batch", "sequence");
        String types = graph.input("token_type_ids", INT64, "batch", "sequence");
        graph.scalar("one", 1);
        graph.scalar("half", 0.5f);
        graph.scalar("sqrt_2", (float) Math.sqrt(2));
        if (!(parts instanceof FusedFp32Parts)) {
            graph.scalar("two", 2);
            graph.scalar("epsilon", shape.layerNormEpsilon());
        }
        parts.mask(mask);
        String hidden = embeddings(ids, types);
        for (int i = 0; i < model.layers().size(); i++) {
            hidden = layer("encoder.layer." + i + ".", model.layers().get(i), hidden);
        }
        graph.node("Identity", "last_hidden_state", hidden);
        // The last matrix is small, and what rounding it would cost goes straight into the logits: it stays fp32 in either graph.
        String logits = Fp32Parts.linear(graph, "classifier", model.head().classifier(), pooled(hidden, mask));
        graph.node("Identity", "logits", logits);
        graph.output("logits", "batch", String.valueOf(model.head().classifier().weight().rows()));
        graph.output("last_hidden_state", "batch", "sequence", String.valueOf(shape.hidden()));
        return graph.build();
    }

    private String embeddings(String ids, String types) {
        if (parts instanceof FusedFp32Parts fused) {
            return fused.embeddings(model.embeddings(), ids, types);
        }
        long[] positions = LongStream.range(0, shape.maxPositions()).toArray();
        String all = graph.integers("embeddings.position_ids", positions, 1, positions.length);
        String dims = graph.node("Shape", "embeddings/shape", ids);
        String length = graph.node("Gather", "embeddings/length", List.of(attribute("axis", 0)), dims, graph.vector("sequence_axis", 1));
        String used = graph.node(
                "Slice", "embeddings/position_ids", all, graph.vector("slice_start", 0), length, graph.vector("slice_axis", 1));
        String words = parts.embedding("embeddings.word_embeddings", model.embeddings().word(), ids);
        String segments = parts.embedding("embeddings.token_type_embeddings", model.embeddings().tokenType(), types);
        String places = parts.embedding("embeddings.position_embeddings", model.embeddings().position(), used);
        String typed = graph.node("Add", "embeddings/typed", words, segments);
        String sum = graph.node("Add", "embeddings/sum", typed, places);
        return norm("embeddings.LayerNorm", model.embeddings().norm(), sum);
    }

    private String layer(String name, EncoderLayer layer, String input) {
        String context = parts.attention(name + "attention.self.", layer, input);
        String output = parts.linear(name + "attention.output.dense", layer.attentionOutput(), context);
        String attended = normedSum(name + "attention.output.", layer.attentionNorm(), output, input);
        String inner = gelu(name + "intermediate.gelu.", parts.linear(name + "intermediate.dense", layer.ffnIn(), attended));
        String outer = parts.linear(name + "output.dense", layer.ffnOut(), inner);
        return normedSum(name + "output.", layer.outputNorm(), outer, attended);
    }

    private String normedSum(String name, LayerNorm norm, String input, String residual) {
        return switch (operators) {
            case STANDARD -> norm(name + "LayerNorm", norm, graph.node("Add", name + "residual", input, residual));
            case FUSED -> graph.contributed(
                    "SkipLayerNormalization", name + "LayerNorm", List.of(attribute("epsilon", shape.layerNormEpsilon())), input, residual,
                    graph.floats(name + "LayerNorm.weight", norm.gamma(), shape.hidden()),
                    graph.floats(name + "LayerNorm.bias", norm.beta(), shape.hidden()));
        };
    }

    /** {@code 0.5 x (1 + erf(x / sqrt 2))}, Hendrycks and Gimpel 2016. */
    private String gelu(String name, String input) {
        String scaled = graph.node("Div", name + "scaled", input, "sqrt_2");
        String erf = graph.node("Erf", name + "erf", scaled);
        String shifted = graph.node("Add", name + "shifted", erf, "one");
        String product = graph.node("Mul", name + "product", input, shifted);
        return graph.node("Mul", name + "output", product, "half");
    }

    private String norm(String name, LayerNorm norm, String input) {
        List<AttributeProto> overHidden = List.of(attribute("axes", new long[] {-1}));
        String mean = graph.node("ReduceMean", name + "/mean", overHidden, input);
        String centred = graph.node("Sub", name + "/centred", input, mean);
        String squared = graph.node("Pow", name + "/squared", centred, "two");
        String variance = graph.node("ReduceMean", name + "/variance", overHidden, squared);
        String raised = graph.node("Add", name + "/raised", variance, "epsilon");
        String deviation = graph.node("Sqrt", name + "/deviation", raised);
        String normal = graph.node("Div", name + "/normal", centred, deviation);
        String scaled = graph.node("Mul", name + "/scaled", normal, graph.floats(name + ".weight", norm.gamma(), shape.hidden()));
        return graph.node("Add", name + "/output", scaled, graph.floats(name + ".bias", norm.beta(), shape.hidden()));
    }

    private String pooled(String hidden, String mask) {
        Head head = model.head();
        return switch (head.pooling()) {
            case CLS -> first(hidden);
            case POOLER -> graph.node("Tanh", "pooler/tanh", parts.linear("pooler.dense", head.pooler().orElseThrow(), first(hidden)));
            case MEAN -> {
                String tokens = graph.node("Cast", "pooling/tokens", List.of(attribute("to", FLOAT)), mask);
                String column = graph.node("Unsqueeze", "pooling/column", List.of(attribute("axes", new long[] {2})), tokens);
                String kept = graph.node("Mul", "pooling/kept", hidden, column);
                List<AttributeProto> overTokens = List.of(attribute("axes", new long[] {1}), attribute("keepdims", 0));
                String sum = graph.node("ReduceSum", "pooling/sum", overTokens, kept);
                String count = graph.node("ReduceSum", "pooling/count", overTokens, column);
                yield graph.node("Div", "pooling/mean", sum, count);
            }
        };
    }

    private String first(String hidden) {
        String index = graph.integers("first_token", new long[] {0});
        return graph.node("Gather", "pooling/first", List.of(attribute("axis", 1)), hidden, index);
    }
}
