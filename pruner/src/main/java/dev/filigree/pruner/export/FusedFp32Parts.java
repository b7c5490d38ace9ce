package dev.filigree.pruner.export;

import static dev.filigree.pruner.export.GraphBuilder.attribute;

import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.util.List;

/** Weights in fp32 and the operators that ONNX Runtime (1.29) has for transformers: {@code Attention}, {@code EmbedLayerNormalization}. */
final class FusedFp32Parts implements WeightedParts {
    private final GraphBuilder graph;
    private final EncoderShape shape;

    FusedFp32Parts(GraphBuilder graph, EncoderShape shape) {
        this.graph = graph;
        this.shape = shape;
    }

    /** {@code mask/tokens}: int32 {@code [batch, sequence]}. */
    @Override
    public void mask(String mask) {
        graph.node("Cast", "mask/tokens", List.of(attribute("to", TensorProto.DataType.INT32_VALUE)), mask);
    }

    @Override
    public String embedding(String name, Matrix table, String ids) {
        return graph.node("Gather", name + "/rows", table(name, table), ids);
    }

    /** The normed sum of the three embeddings, fp32 {@code [batch, sequence, hidden]}. */
    String embeddings(Embeddings embeddings, String ids, String types) {
        List<String> casts = List.of(
                graph.node("Cast", "embeddings/ids", List.of(attribute("to", TensorProto.DataType.INT32_VALUE)), ids),
                graph.node("Cast", "embeddings/types", List.of(attribute("to", TensorProto.DataType.INT32_VALUE)), types));
        String output = "embeddings.LayerNorm/output";
        // The second output, the length of each sequence, is there for an older form of Attention, and may not be left out.
        graph.contributed("EmbedLayerNormalization", List.of(output, "embeddings.LayerNorm/lengths"),
                List.of(attribute("epsilon", shape.layerNormEpsilon())),
                casts.get(0), casts.get(1),
                table("embeddings.word_embeddings", embeddings.word()),
                table("embeddings.position_embeddings", embeddings.position()),
                table("embeddings.token_type_embeddings", embeddings.tokenType()),
                graph.floats("embeddings.LayerNorm.weight", embeddings.norm().gamma(), shape.hidden()),
                graph.floats("embeddings.LayerNorm.bias", embeddings.norm().beta(), shape.hidden()));
        return output;
    }

    private String table(String name, Matrix table) {
        return graph.floats(name + ".weight", table.toFloats(), table.rows(), table.columns());
    }

    @Override
    public String linear(String name, Linear linear, String input) {
        return Fp32Parts.linear(graph, name, linear, input);
    }

    /** One matrix {@code [hidden, 3 hidden]} for query, key and value. */
    @Override
    public String attention(String name, EncoderLayer layer, String input) {
        int hidden = shape.hidden();
        float[] weights = new float[3 * hidden * hidden];
        float[] bias = new float[3 * hidden];
        List<Linear> linears = List.of(layer.query(), layer.key(), layer.value());
        for (int part = 0; part < linears.size(); part++) {
            float[] columns = Fp32Parts.transpose(linears.get(part).weight().toFloats(), hidden, hidden);
            for (int row = 0; row < hidden; row++) {
                System.arraycopy(columns, row * hidden, weights, (3 * row + part) * hidden, hidden);
            }
            System.arraycopy(linears.get(part).bias(), 0, bias, part * hidden, hidden);
        }
        return graph.contributed("Attention", name + "context", List.of(attribute("num_heads", shape.heads())), input,
                graph.floats(name + "qkv.weight", weights, hidden, 3 * hidden), graph.floats(name + "qkv.bias", bias, 3 * hidden),
                "mask/tokens");
    }
}
