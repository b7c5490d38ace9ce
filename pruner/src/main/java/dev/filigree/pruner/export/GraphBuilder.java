package dev.filigree.pruner.export;

import com.google.protobuf.UnsafeByteOperations;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.AttributeProto.AttributeType;
import dev.filigree.pruner.base.onnx.GraphProto;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.pruner.base.onnx.OperatorSetIdProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import dev.filigree.pruner.base.onnx.TensorShapeProto;
import dev.filigree.pruner.base.onnx.TypeProto;
import dev.filigree.pruner.base.onnx.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Puts an ONNX graph together, operator after operator; each operator has one output, whose name its method returns. */
final class GraphBuilder {
    private static final int IR_VERSION = 7;
    private static final int OPSET = 12;
    /** Protobuf's limit for one message, less room for the nodes. */
    private static final long MAX_TENSOR_BYTES = Integer.MAX_VALUE - (1L << 24);

    /** Domain of the operators that ONNX Runtime adds to the standard. */
    private static final String CONTRIBUTED = "com.microsoft";

    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private boolean standardOnly = true;
    private long tensorBytes;

    GraphBuilder(String name) {
        graph.setName(name);
    }

    String input(String name, int type, String... dims) {
        graph.addInput(value(name, type, dims));
        return name;
    }

    /** Declares the value of a name that a node gives as an fp32 output of the graph; a dimension is a number or a name. */
    void output(String name, String... dims) {
        graph.addOutput(value(name, TensorProto.DataType.FLOAT_VALUE, dims));
    }

    String node(String type, String name, String... inputs) {
        return node(type, name, List.of(), inputs);
    }

    String node(String type, String name, List<AttributeProto> attributes, String... inputs) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(type)
                .setName(name)
                .addAllInput(Arrays.asList(inputs))
                .addAllAttribute(attributes)
                .addOutput(name));
        return name;
    }

    /** An operator with several outputs, whose names are given. */
    void outputs(String type, List<String> outputs, String input) {
        graph.addNode(NodeProto.newBuilder().setOpType(type).setName(outputs.getFirst()).addInput(input).addAllOutput(outputs));
    }

    /** An operator that ONNX Runtime adds to the standard; an empty input name leaves that input out. */
    String contributed(String type, String name, List<AttributeProto> attributes, String... inputs) {
        contributed(type, List.of(name), attributes, inputs);
        return name;
    }

    /** The same with several outputs, whose names are given; the first is the operator's own. */
    void contributed(String type, List<String> outputs, List<AttributeProto> attributes, String... inputs) {
        graph.addNode(NodeProto.newBuilder()
                .setDomain(CONTRIBUTED)
                .setOpType(type)
                .setName(outputs.getFirst())
                .addAllInput(Arrays.asList(inputs))
                .addAllAttribute(attributes)
                .addAllOutput(outputs));
        standardOnly = false;
    }

    static AttributeProto attribute(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
    }

    static AttributeProto attribute(String name, float value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOAT).setF(value).build();
    }

    static AttributeProto attribute(String name, long[] values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(LongStream.of(values).boxed().toList())
                .build();
    }

    /** An fp32 constant; without dimensions a scalar. */
    String floats(String name, float[] values, int... dims) {
        ByteBuffer bytes = buffer(Math.multiplyExact(values.length, Float.BYTES));
        bytes.asFloatBuffer().put(values);
        return tensor(name, TensorProto.DataType.FLOAT_VALUE, bytes, dims);
    }

    /** An int8 constant. */
    String codes(String name, byte[] values, int... dims) {
        return tensor(name, TensorProto.DataType.INT8_VALUE, ByteBuffer.wrap(values), dims);
    }

    String scalar(String name, float value) {
        return floats(name, new float[] {value});
    }

    /** An int64 constant; without dimensions a scalar. */
    String integers(String name, long[] values, int... dims) {
        ByteBuffer bytes = buffer(values.length * Long.BYTES);
        bytes.asLongBuffer().put(values);
        return tensor(name, TensorProto.DataType.INT64_VALUE, bytes, dims);
    }

    /** An int64 constant of one dimension. */
    String vector(String name, long... values) {
        return integers(name, values, values.length);
    }

    ModelProto build() {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("filigree")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(graph);
        if (!standardOnly) {
            model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(CONTRIBUTED).setVersion(1));
        }
        return model.build();
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private String tensor(String name, int type, ByteBuffer bytes, int... dims) {
        tensorBytes += bytes.capacity();
        if (tensorBytes > MAX_TENSOR_BYTES) {
            throw new IllegalArgumentException(
                    "The dense weights take more than the two gigabytes that one ONNX file can hold: export safetensors instead.");
        }
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(type)
                .addAllDims(Arrays.stream(dims).asLongStream().boxed().toList())
                .setRawData(UnsafeByteOperations.unsafeWrap(bytes)));
        return name;
    }

    private static ValueInfoProto value(String name, int type, String... dims) {
        List<TensorShapeProto.Dimension> dimensions = new ArrayList<>();
        for (String dim : dims) {
            TensorShapeProto.Dimension.Builder dimension = TensorShapeProto.Dimension.newBuilder();
            dimensions.add(Character.isDigit(dim.charAt(0))
                    ? dimension.setDimValue(Long.parseLong(dim)).build()
                    : dimension.setDimParam(dim).build());
        }
        TypeProto.Tensor tensor = TypeProto.Tensor.newBuilder()
                .setElemType(type)
                .setShape(TensorShapeProto.newBuilder().addAllDim(dimensions))
                .build();
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }
}
