package dev.filigree.pruner.export;

import static dev.filigree.pruner.export.GraphBuilder.attribute;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Writes a model as a standard ONNX graph with dense fp32 weights, pruned ones as zeros: what any ONNX runtime can run, an independent
 * check of ours and its fair dense peer.
 *
 * <p>Inputs {@code input_ids}, {@code attention_mask} (1 for tokens, 0 for padding behind them) and {@code token_type_ids}, int64
 * {@code [batch, sequence]}; outputs {@code logits}, fp32 {@code [batch, labels]}, and {@code last_hidden_state}, fp32
 * {@code [batch, sequence, hidden]}. Operators are spelled as PyTorch's exporter did in opset 12: the fusion of attention in ONNX Runtime
 * (1.29) knows no later form, and without it the peer would be slower than it can be.
 */
public final class OnnxExport {
    private static final int INT64 = TensorProto.DataType.INT64_VALUE;
    private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;
    /** Added to the scores of padding; its exponential is zero in fp32, and it is the value ONNX Runtime's attention fusion knows. */
    private static final float MASKED = -10000;
    private static final int TILE = 32;

    private final GraphBuilder graph = new GraphBuilder("filigree");
    private final Model model;
    private final EncoderShape shape;

    private OnnxExport(Model model) {
        this.model = model;
        this.shape = model.shape();
    }

    /**
     * The graph as the bytes of an {@code .onnx} file.
     *
     * @throws IllegalArgumentException when the dense weights do not fit the two gigabytes of one file
     */
    public static byte[] dense(Model model) {
        return new OnnxExport(model).build().toByteArray();
    }

    private ModelProto build() {
        String ids = graph.input("input_ids", INT64, "batch", "sequence");
        String mask = graph.input("attention_mask", INT64, "batch", "sequence");
        String types = graph.input("token_type_ids", INT64, "batch", "sequence");
        graph.vector("split_heads", 0, 0, shape.heads(), shape.headWidth());
        graph.vector("merge_heads", 0, 0, shape.hidden());
        graph.scalar("one", 1);
        graph.scalar("two", 2);
        graph.scalar("half", 0.5f);
        graph.scalar("sqrt_2", (float) Math.sqrt(2));
        graph.scalar("epsilon", shape.layerNormEpsilon());
        graph.scalar("sqrt_head_width", (float) Math.sqrt(shape.headWidth()));
        String bias = maskBias(mask);
        String hidden = embeddings(ids, types);
        for (int i = 0; i < model.layers().size(); i++) {
            hidden = layer("encoder.layer." + i + ".", model.layers().get(i), hidden, bias);
        }
        graph.node("Identity", "last_hidden_state", hidden);
        String logits = linear("classifier", model.head().classifier(), pooled(hidden, mask));
        graph.node("Identity", "logits", logits);
        graph.output("logits", "batch", String.valueOf(model.head().classifier().weight().rows()));
        graph.output("last_hidden_state", "batch", "sequence", String.valueOf(shape.hidden()));
        return graph.build();
    }

    /** 0 for tokens and {@link #MASKED} for padding, {@code [batch, 1, 1, sequence]}. */
    private String maskBias(String mask) {
        String rows = graph.node("Unsqueeze", "mask/rows", List.of(attribute("axes", new long[] {1})), mask);
        String queries = graph.node("Unsqueeze", "mask/queries", List.of(attribute("axes", new long[] {2})), rows);
        String tokens = graph.node("Cast", "mask/tokens", List.of(attribute("to", FLOAT)), queries);
        String padding = graph.node("Sub", "mask/padding", "one", tokens);
        return graph.node("Mul", "mask/bias", padding, graph.scalar("masked", MASKED));
    }

    private String embeddings(String ids, String types) {
        long[] positions = LongStream.range(0, shape.maxPositions()).toArray();
        String all = graph.integers("embeddings.position_ids", positions, 1, positions.length);
        String dims = graph.node("Shape", "embeddings/shape", ids);
        String length = graph.node("Gather", "embeddings/length", List.of(attribute("axis", 0)), dims, graph.vector("sequence_axis", 1));
        String used = graph.node(
                "Slice", "embeddings/position_ids", all, graph.vector("slice_start", 0), length, graph.vector("slice_axis", 1));
        String words = embedding("word_embeddings", model.embeddings().word(), ids);
        String segments = embedding("token_type_embeddings", model.embeddings().tokenType(), types);
        String places = embedding("position_embeddings", model.embeddings().position(), used);
        String typed = graph.node("Add", "embeddings/typed", words, segments);
        String sum = graph.node("Add", "embeddings/sum", typed, places);
        return norm("embeddings.LayerNorm", model.embeddings().norm(), sum);
    }

    private String embedding(String name, Matrix table, String ids) {
        String weight = graph.floats("embeddings." + name + ".weight", table.toFloats(), table.rows(), table.columns());
        return graph.node("Gather", "embeddings/" + name, weight, ids);
    }

    private String layer(String name, EncoderLayer layer, String input, String bias) {
        String self = name + "attention.self.";
        String query = heads(linear(self + "query", layer.query(), input), 0, 2, 1, 3);
        String key = heads(linear(self + "key", layer.key(), input), 0, 2, 3, 1);
        String value = heads(linear(self + "value", layer.value(), input), 0, 2, 1, 3);
        String dots = graph.node("MatMul", self + "dots", query, key);
        String scaled = graph.node("Div", self + "scaled", dots, "sqrt_head_width");
        String masked = graph.node("Add", self + "masked", scaled, bias);
        String weights = graph.node("Softmax", self + "softmax", List.of(attribute("axis", 3)), masked);
        String context = graph.node("MatMul", self + "context", weights, value);
        String tokens = graph.node("Transpose", self + "tokens", List.of(attribute("perm", new long[] {0, 2, 1, 3})), context);
        String merged = graph.node("Reshape", self + "merged", tokens, "merge_heads");
        String output = linear(name + "attention.output.dense", layer.attentionOutput(), merged);
        String residual = graph.node("Add", name + "attention.output.residual", output, input);
        String attended = norm(name + "attention.output.LayerNorm", layer.attentionNorm(), residual);
        String inner = gelu(name + "intermediate.gelu.", linear(name + "intermediate.dense", layer.ffnIn(), attended));
        String outer = linear(name + "output.dense", layer.ffnOut(), inner);
        String second = graph.node("Add", name + "output.residual", outer, attended);
        return norm(name + "output.LayerNorm", layer.outputNorm(), second);
    }

    private String heads(String input, long... order) {
        String split = graph.node("Reshape", input + "/split", input, "split_heads");
        return graph.node("Transpose", input + "/heads", List.of(attribute("perm", order)), split);
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

    private String linear(String name, Linear linear, String input) {
        Matrix matrix = linear.weight();
        float[] transposed = transpose(matrix.toFloats(), matrix.rows(), matrix.columns());
        String weight = graph.floats(name + ".weight/transposed", transposed, matrix.columns(), matrix.rows());
        String product = graph.node("MatMul", name + "/product", input, weight);
        return graph.node("Add", name + "/output", product, graph.floats(name + ".bias", linear.bias(), matrix.rows()));
    }

    private String pooled(String hidden, String mask) {
        Head head = model.head();
        return switch (head.pooling()) {
            case CLS -> first(hidden);
            case POOLER -> graph.node("Tanh", "pooler/tanh", linear("pooler.dense", head.pooler().orElseThrow(), first(hidden)));
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

    /** {@code [rows, columns]} to {@code [columns, rows]}, in tiles that fit the cache. */
    private static float[] transpose(float[] matrix, int rows, int columns) {
        float[] result = new float[matrix.length];
        for (int r0 = 0; r0 < rows; r0 += TILE) {
            for (int c0 = 0; c0 < columns; c0 += TILE) {
                for (int c = c0; c < Math.min(c0 + TILE, columns); c++) {
                    for (int r = r0; r < Math.min(r0 + TILE, rows); r++) {
                        result[c * rows + r] = matrix[r * columns + c];
                    }
                }
            }
        }
        return result;
    }
}
