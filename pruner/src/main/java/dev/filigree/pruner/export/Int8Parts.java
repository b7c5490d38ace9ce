package dev.filigree.pruner.export;

import static dev.filigree.pruner.export.GraphBuilder.attribute;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.util.List;

/**
 * Weights in int8 with a scale for each output; activations quantised to uint8 with one scale for a tensor, anew at every run. This is the
 * graph that ONNX Runtime's {@code quantize_dynamic} makes of one whose attention its optimiser has fused: {@code QAttention}, and for the
 * other linears the chain of operators that ONNX Runtime (1.29) fuses into {@code DynamicQuantizeMatMul}. A row of an embedding table is
 * codes and a scale too, looked up and multiplied.
 */
final class Int8Parts implements WeightedParts {
    private static final List<AttributeProto> TO_FLOAT = List.of(attribute("to", TensorProto.DataType.FLOAT_VALUE));
    private static final List<AttributeProto> TO_INT32 = List.of(attribute("to", TensorProto.DataType.INT32_VALUE));

    private final GraphBuilder graph;
    private final int heads;

    /** The names of a quantised activation, its scale and its zero point. */
    private record Quantized(String codes, String scale, String zeroPoint) {}

    Int8Parts(GraphBuilder graph, EncoderShape shape) {
        this.graph = graph;
        this.heads = shape.heads();
    }

    /** {@code mask/tokens}: int32 {@code [batch, sequence]}. */
    @Override
    public void mask(String mask) {
        graph.node("Cast", "mask/tokens", TO_INT32, mask);
    }

    @Override
    public String embedding(String name, Matrix table, String ids) {
        Codes codes = Codes.of(table);
        String rows = graph.node("Gather", name + "/rows",
                graph.codes(name + ".weight/codes", codes.rowMajor(), table.rows(), table.columns()), ids);
        String scales = graph.node("Gather", name + "/row_scales",
                graph.floats(name + ".weight/scales", codes.scales(), table.rows(), 1), ids);
        return graph.node("Mul", name + "/output", graph.node("Cast", name + "/row_codes", TO_FLOAT, rows), scales);
    }

    @Override
    public String linear(String name, Linear linear, String input) {
        int outputs = linear.weight().rows();
        Quantized quantized = quantize(name, input);
        Codes codes = Codes.of(linear.weight());
        int inputs = linear.weight().columns();
        String weight = graph.codes(name + ".weight/codes", Codes.columnMajor(List.of(codes)), inputs, outputs);
        String integers = graph.node(
                "MatMulInteger", name + "/integers", quantized.codes(), weight, quantized.zeroPoint(), zeroPoint(name));
        String product = graph.node("Cast", name + "/product", TO_FLOAT, integers);
        String weightScales = graph.floats(name + ".weight/scales", codes.scales(), outputs);
        String scales = graph.node("Mul", name + "/scales", quantized.scale(), weightScales);
        String scaled = graph.node("Mul", name + "/scaled", product, scales);
        return graph.node("Add", name + "/output", scaled, graph.floats(name + ".bias", linear.bias(), outputs));
    }

    @Override
    public String attention(String name, EncoderLayer layer, String input) {
        List<Linear> linears = List.of(layer.query(), layer.key(), layer.value());
        List<Codes> codes = linears.stream().map(linear -> Codes.of(linear.weight())).toList();
        int inputs = layer.query().weight().columns();
        int outputs = 3 * layer.query().weight().rows();
        String weight = graph.codes(name + "qkv.weight/codes", Codes.columnMajor(codes), inputs, outputs);
        String scales = graph.floats(name + "qkv.weight/scales", joined(codes.stream().map(Codes::scales).toList()), outputs);
        String bias = graph.floats(name + "qkv.bias", joined(linears.stream().map(Linear::bias).toList()), outputs);
        Quantized quantized = quantize(name + "qkv", input);
        return graph.contributed("QAttention", name + "context", List.of(attribute("num_heads", heads)),
                quantized.codes(), weight, bias, quantized.scale(), scales, "mask/tokens", quantized.zeroPoint(), zeroPoint(name + "qkv"));
    }

    private Quantized quantize(String name, String input) {
        Quantized quantized = new Quantized(name + "/input_codes", name + "/input_scale", name + "/input_zero_point");
        graph.outputs("DynamicQuantizeLinear", List.of(quantized.codes(), quantized.scale(), quantized.zeroPoint()), input);
        return quantized;
    }

    /**
     * Zero, since weights are symmetric. ONNX lets it be left out or shared, but ONNX Runtime's {@code session.x64quantprecision} (1.29)
     * rewrites the zero point of every matrix and fails where it finds none, or one that it has rewritten already.
     */
    private String zeroPoint(String name) {
        return graph.codes(name + ".weight/zero_point", new byte[1]);
    }

    private static float[] joined(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
