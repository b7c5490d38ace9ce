package dev.filigree.pruner.base;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.filigree.pruner.base.onnx.AttributeProto;
import dev.filigree.pruner.base.onnx.GraphProto;
import dev.filigree.pruner.base.onnx.ModelProto;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An ONNX graph to look things up in: which node makes a value, which nodes read it, which values are constants. Order plays no part. */
final class OnnxGraph {
    private final String source;
    private final List<NodeProto> nodes;
    private final Map<String, TensorProto> constants = new HashMap<>();
    private final Map<String, NodeProto> producers = new HashMap<>();
    private final Map<String, List<NodeProto>> consumers = new HashMap<>();

    private OnnxGraph(GraphProto graph, String source) {
        this.source = source;
        this.nodes = graph.getNodeList();
        graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
        for (NodeProto node : nodes) {
            node.getOutputList().forEach(output -> producers.put(output, node));
            for (String input : Set.copyOf(node.getInputList())) {
                consumers.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
            }
            if (node.getOpType().equals("Constant") && node.getOutputCount() == 1) {
                attribute(node, "value").ifPresent(value -> constants.put(node.getOutput(0), value.getT()));
            }
        }
        // Exporters store equal initialisers once and give the others their names through Identity.
        for (NodeProto node : nodes) {
            if (node.getOpType().equals("Identity") && node.getInputCount() == 1 && node.getOutputCount() == 1) {
                TensorProto tensor = constants.get(node.getInput(0));
                if (tensor != null) {
                    constants.putIfAbsent(node.getOutput(0), tensor);
                }
            }
        }
    }

    /**
     * Parses a serialised model; large tensors stay slices of {@code bytes}, which must not change afterwards.
     *
     * @param source what messages call it
     */
    static OnnxGraph parse(byte[] bytes, String source) throws BaseModelException {
        CodedInputStream input = CodedInputStream.newInstance(bytes);
        input.enableAliasing(true);
        ModelProto model;
        try {
            model = ModelProto.parseFrom(input);
        } catch (InvalidProtocolBufferException e) {
            throw new BaseModelException(source + " is no ONNX file (" + e.getMessage() + "): give the .onnx file of a BERT export.");
        } catch (IOException e) {
            throw new IllegalStateException("Reading from memory failed.", e);
        }
        if (model.getGraph().getNodeCount() == 0) {
            throw new BaseModelException(source + " holds no ONNX graph: give the .onnx file of a BERT export.");
        }
        return new OnnxGraph(model.getGraph(), source);
    }

    /** A refusal that names this graph. */
    BaseModelException refuse(String sentence) {
        return new BaseModelException(source + ": " + sentence);
    }

    List<NodeProto> nodes() {
        return nodes;
    }

    Set<String> constantNames() {
        return constants.keySet();
    }

    Optional<TensorProto> constant(String name) {
        return Optional.ofNullable(constants.get(name));
    }

    Optional<NodeProto> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    List<NodeProto> consumers(String value) {
        return consumers.getOrDefault(value, List.of());
    }

    static Optional<AttributeProto> attribute(NodeProto node, String name) {
        return node.getAttributeList().stream().filter(a -> a.getName().equals(name)).findFirst();
    }

    /** The values of an fp32 tensor, row-major, after checking its dimensions. */
    float[] floats(TensorProto tensor, String name, int... dims) throws BaseModelException {
        if (!tensor.getDimsList().equals(Arrays.stream(dims).mapToObj(Long::valueOf).toList())) {
            throw refuse("weight " + name + " has the shape " + tensor.getDimsList() + " where " + Arrays.toString(dims) + " is needed.");
        }
        if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
            throw refuse("weight " + name + " is not stored as fp32 (ONNX data type " + tensor.getDataType() + "): give an fp32 export.");
        }
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            throw refuse("weight " + name + " lies in another file: give an export that holds its weights itself.");
        }
        int count = Arrays.stream(dims).reduce(1, Math::multiplyExact);
        float[] values = new float[count];
        if (tensor.getFloatDataCount() == count) {
            for (int i = 0; i < count; i++) {
                values[i] = tensor.getFloatData(i);
            }
        } else if (tensor.getRawData().size() == 4L * count) {
            littleEndian(tensor).asFloatBuffer().get(values);
        } else {
            throw refuse("weight " + name + " holds " + tensor.getRawData().size() + " bytes where " + 4L * count
                    + " are needed: the file is damaged.");
        }
        if (!EncoderWeights.finite(values)) {
            throw refuse("weight " + name + " holds a value that is not finite.");
        }
        return values;
    }

    /** The integers of an int64 constant of at most 16 values, which is what shapes are made of; empty for anything else. */
    long[] integers(String name) {
        TensorProto tensor = constants.get(name);
        if (tensor == null || tensor.getDataType() != TensorProto.DataType.INT64_VALUE) {
            return new long[0];
        }
        if (tensor.getInt64DataCount() > 0) {
            return tensor.getInt64DataList().stream().mapToLong(Long::longValue).limit(16).toArray();
        }
        long[] values = new long[Math.min(16, tensor.getRawData().size() / 8)];
        littleEndian(tensor).asLongBuffer().get(values);
        return values;
    }

    private static ByteBuffer littleEndian(TensorProto tensor) {
        return tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
