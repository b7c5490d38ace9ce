package dev.filigree.pruner.export;

import static dev.filigree.pruner.export.GraphBuilder.attribute;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.util.List;

/** Weights in fp32 and standard operators, spelled so that ONNX Runtime fuses attention. */
final class Fp32Parts implements WeightedParts {
    /** Added to the scores of padding; its exponential is zero in fp32, and it is the value ONNX Runtime's attention fusion knows. */
    private static final float MASKED = -10000;
    private static final int TILE = 32;

    private final GraphBuilder graph;

    Fp32Parts(GraphBuilder graph, EncoderShape shape) {
        this.graph = graph;
        graph.vector("split_heads", 0, 0, shape.heads(), shape.headWidth());
        graph.vector("merge_heads", 0, 0, shape.hidden());
        graph.scalar("sqrt_head_width", (float) Math.sqrt(shape.headWidth()));
    }

    /** {@code mask/bias}: 0 for tokens and {@link #MASKED} for padding, {@code [batch, 1, 1, sequence]}. */
    @Override
    public void mask(String mask) {
        String rows = graph.node("Unsqueeze", "mask/rows", List.of(attribute("axes", new long[] {1})), mask);
        String queries = graph.node("Unsqueeze", "mask/queries", List.of(attribute("axes", new long[] {2})), rows);
        String tokens = graph.node("Cast", "mask/tokens", List.of(attribute("to", TensorProto.DataType.FLOAT_VALUE)), queries);
        String padding = graph.node("Sub", "mask/padding", "one", tokens);
        graph.node("Mul", "mask/bias", padding, graph.scalar("masked", MASKED));
    }

    @Override
    public String embedding(String name, Matrix table, String ids) {
        String weight = graph.floats(name + ".weight", table.toFloats(), table.rows(), table.columns());
        return graph.node("Gather", name + "/rows", weight, ids);
    }

    @Override
    public String linear(String name, Linear linear, String input) {
        return linear(graph, name, linear, input);
    }

    static String linear(GraphBuilder graph, String name, Linear linear, String input) {
        Matrix matrix = linear.weight();
        float[] transposed = transpose(matrix.toFloats(), matrix.rows(), matrix.columns());
        String weight = graph.floats(name + ".weight/transposed", transposed, matrix.columns(), matrix.rows());
        String product = graph.node("MatMul", name + "/product", input, weight);
        return graph.node("Add", name + "/output", product, graph.floats(name + ".bias", linear.bias(), matrix.rows()));
    }

    @Override
    public String attention(String name, EncoderLayer layer, String input) {
        String query = heads(linear(name + "query", layer.query(), input), 0, 2, 1, 3);
        String key = heads(linear(name + "key", layer.key(), input), 0, 2, 3, 1);
        String value = heads(linear(name + "value", layer.value(), input), 0, 2, 1, 3);
        String dots = graph.node("MatMul", name + "dots", query, key);
        String scaled = graph.node("Div", name + "scaled", dots, "sqrt_head_width");
        String masked = graph.node("Add", name + "masked", scaled, "mask/bias");
        String weights = graph.node("Softmax", name + "softmax", List.of(attribute("axis", 3)), masked);
        String context = graph.node("MatMul", name + "context", weights, value);
        String tokens = graph.node("Transpose", name + "tokens", List.of(attribute("perm", new long[] {0, 2, 1, 3})), context);
        return graph.node("Reshape", name + "merged", tokens, "merge_heads");
    }

    private String heads(String input, long... order) {
        String split = graph.node("Reshape", input + "/split", input, "split_heads");
        return graph.node("Transpose", input + "/heads", List.of(attribute("perm", order)), split);
    }

    /** {@code [rows, columns]} to {@code [columns, rows]}, in tiles that fit the cache. */
    static float[] transpose(float[] matrix, int rows, int columns) {
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
