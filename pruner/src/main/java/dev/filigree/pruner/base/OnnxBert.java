package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.EncoderWeights.Kind;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import dev.filigree.pruner.base.onnx.NodeProto;
import dev.filigree.pruner.base.onnx.TensorProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads shape and weights of a BERT encoder out of its ONNX export.
 *
 * <p>PyTorch's exporter keeps the names of embeddings, biases and LayerNorms, but folds the transposition of a linear weight into an
 * anonymous constant. Such a weight is found by the graph: the {@code Add} that reads the named bias adds it to the result of a
 * {@code MatMul} whose second input is the weight, {@code [in, out]}.
 */
final class OnnxBert {
    private final OnnxGraph graph;
    private final String prefix;
    private final Map<String, float[]> weights = new HashMap<>();

    private OnnxBert(OnnxGraph graph, String prefix) {
        this.graph = graph;
        this.prefix = prefix;
    }

    static Encoder read(OnnxGraph graph) throws BaseModelException {
        List<String> words = graph.constantNames().stream().filter(name -> name.endsWith(EncoderWeights.WORD_EMBEDDINGS)).toList();
        if (words.size() != 1) {
            throw graph.refuse("the graph has " + words.size() + " weights named " + EncoderWeights.WORD_EMBEDDINGS
                    + " where a BERT encoder has one: give an export that keeps the Hugging Face names.");
        }
        String prefix = words.getFirst().substring(0, words.getFirst().length() - EncoderWeights.WORD_EMBEDDINGS.length());
        return new OnnxBert(graph, prefix).read();
    }

    private Encoder read() throws BaseModelException {
        int[] word = matrixDims(EncoderWeights.WORD_EMBEDDINGS);
        int[] position = matrixDims(EncoderWeights.POSITION_EMBEDDINGS);
        int[] type = matrixDims(EncoderWeights.TYPE_EMBEDDINGS);
        int hidden = word[1];
        int layers = layers();
        int intermediate = vectorLength("encoder.layer.0.intermediate.dense.bias");
        checkActivation(layers);
        EncoderShape shape;
        try {
            shape = new EncoderShape(
                    hidden, layers, heads(hidden, layers), intermediate, word[0], position[0], type[0], epsilon(2 * layers + 1));
        } catch (IllegalArgumentException e) {
            throw graph.refuse("this is no BERT encoder: " + e.getMessage());
        }
        for (Weight weight : EncoderWeights.of(shape)) {
            if (weight.kind() == Kind.LINEAR) {
                takeLinear(weight);
            } else {
                int[] dims = weight.dims().stream().mapToInt(Integer::intValue).toArray();
                weights.put(weight.name(), graph.floats(named(weight.name()), weight.name(), dims));
            }
        }
        return new Encoder(shape, weights);
    }

    private int layers() throws BaseModelException {
        Pattern pattern = Pattern.compile(Pattern.quote(prefix) + "encoder\\.layer\\.(\\d{1,4})\\..*");
        int layers = graph.constantNames().stream()
                .map(pattern::matcher)
                .filter(Matcher::matches)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)) + 1)
                .max()
                .orElse(0);
        if (layers == 0) {
            throw missing("encoder.layer.0.attention.self.query.bias");
        }
        return layers;
    }

    /** Heads from the constants of the reshape that splits the queries into {@code [batch, tokens, heads, headWidth]}. */
    private int heads(int hidden, int layers) throws BaseModelException {
        long heads = 0;
        for (int i = 0; i < layers; i++) {
            String query = EncoderWeights.layer(i) + "attention.self.query";
            String sum = biasAdd(query).getOutput(0);
            long[] split = graph.consumers(sum).stream()
                    .filter(node -> node.getOpType().equals("Reshape") && node.getInputCount() == 2)
                    .map(this::splitOf)
                    .filter(s -> s.length == 2)
                    .findFirst()
                    .orElseThrow(() -> graph.refuse("the reshape of " + query + " into heads is missing or its shape is not constant."));
            boolean fits = split[0] > 0 && split[0] <= hidden && hidden % split[0] == 0
                    && (split[1] == -1 || split[0] * split[1] == hidden);
            if (!fits || (heads != 0 && heads != split[0])) {
                throw graph.refuse("the reshape after " + query + " splits " + hidden + " values into " + Arrays.toString(split)
                        + ", which is not the same number of heads in every layer.");
            }
            heads = split[0];
        }
        return Math.toIntExact(heads);
    }

    private long[] splitOf(NodeProto reshape) {
        String shape = reshape.getInput(1);
        long[] constant = graph.integers(shape);
        if (constant.length == 4) {
            return Arrays.copyOfRange(constant, 2, 4);
        }
        Optional<NodeProto> concat = graph.producer(shape).filter(node -> node.getOpType().equals("Concat") && node.getInputCount() == 4);
        if (concat.isEmpty()) {
            return new long[0];
        }
        return concat.get().getInputList().subList(2, 4).stream().flatMapToLong(name -> Arrays.stream(graph.integers(name))).toArray();
    }

    /** The one epsilon of all LayerNorms, spelled as the operator or as {@code Sqrt(variance + constant)}. */
    private float epsilon(int norms) throws BaseModelException {
        float[] found = new float[norms];
        int count = 0;
        for (NodeProto node : graph.nodes()) {
            float value = Float.NaN;
            if (node.getOpType().equals("LayerNormalization")) {
                value = OnnxGraph.attribute(node, "epsilon").map(a -> a.getF()).orElse(1e-5f);
            } else if (node.getOpType().equals("Sqrt") && node.getInputCount() == 1) {
                value = addedScalar(node.getInput(0));
            }
            if (!Float.isNaN(value)) {
                if (count == norms) {
                    throw graph.refuse("the graph has more than " + norms + " LayerNorms, so it is more than a BERT encoder.");
                }
                found[count++] = value;
            }
        }
        if (count < norms) {
            throw graph.refuse("the epsilon of " + count + " LayerNorms was found where the layers need " + norms + ".");
        }
        for (float value : found) {
            if (value != found[0]) {
                throw graph.refuse("the LayerNorms have different epsilons (" + found[0] + " and " + value + ").");
            }
        }
        return found[0];
    }

    private float addedScalar(String sum) throws BaseModelException {
        Optional<NodeProto> add = graph.producer(sum).filter(node -> node.getOpType().equals("Add"));
        if (add.isPresent()) {
            for (String input : add.get().getInputList()) {
                Optional<TensorProto> constant = graph.constant(input).filter(c -> c.getDimsList().stream().allMatch(d -> d == 1));
                if (constant.isPresent()) {
                    int[] dims = new int[constant.get().getDimsCount()];
                    Arrays.fill(dims, 1);
                    return graph.floats(constant.get(), input, dims)[0];
                }
            }
        }
        return Float.NaN;
    }

    /** The runtime computes erf GELU: another activation would give wrong answers silently. */
    private void checkActivation(int layers) throws BaseModelException {
        long gelus = graph.nodes().stream()
                .filter(node -> node.getOpType().equals("Erf")
                        || (node.getOpType().equals("Gelu") && OnnxGraph.attribute(node, "approximate").isEmpty()))
                .count();
        if (gelus < layers) {
            throw graph.refuse("the graph has " + gelus + " erf GELUs where its " + layers + " layers need one each.");
        }
    }

    private void takeLinear(Weight weight) throws BaseModelException {
        String name = weight.name().substring(0, weight.name().length() - ".weight".length());
        NodeProto add = biasAdd(name);
        String product = add.getInput(add.getInput(0).equals(prefix + name + ".bias") ? 1 : 0);
        NodeProto matMul = graph.producer(product)
                .filter(node -> node.getOpType().equals("MatMul") && node.getInputCount() == 2)
                .orElseThrow(() -> graph.refuse("no MatMul feeds the bias of " + name + ", so its weight cannot be found."));
        TensorProto tensor = graph.constant(matMul.getInput(1)).orElseThrow(() -> missing(weight.name()));
        int outputs = weight.dims().getFirst();
        int inputs = weight.dims().getLast();
        float[] values = graph.floats(tensor, weight.name() + ", transposed,", inputs, outputs);
        weights.put(weight.name(), EncoderWeights.transpose(values, inputs, outputs));
    }

    private NodeProto biasAdd(String linear) throws BaseModelException {
        String bias = linear + ".bias";
        if (graph.constant(prefix + bias).isEmpty()) {
            throw missing(bias);
        }
        List<NodeProto> readers = graph.consumers(prefix + bias).stream()
                .filter(node -> node.getOpType().equals("Add") && node.getInputCount() == 2 && node.getOutputCount() == 1)
                .toList();
        if (readers.size() != 1) {
            throw graph.refuse(readers.size() + " Add nodes read " + bias + " where a linear layer has one.");
        }
        return readers.getFirst();
    }

    private int vectorLength(String name) throws BaseModelException {
        TensorProto tensor = named(name);
        if (tensor.getDimsCount() != 1) {
            throw graph.refuse("weight " + name + " has the shape " + tensor.getDimsList() + " where a vector is needed.");
        }
        return size(name, tensor.getDims(0));
    }

    private int[] matrixDims(String name) throws BaseModelException {
        TensorProto tensor = named(name);
        if (tensor.getDimsCount() != 2) {
            throw graph.refuse("weight " + name + " has the shape " + tensor.getDimsList() + " where a matrix is needed.");
        }
        return new int[] {size(name, tensor.getDims(0)), size(name, tensor.getDims(1))};
    }

    /** A dimension that is stored at all is no larger than the two gigabytes a protobuf message can hold. */
    private int size(String name, long dim) throws BaseModelException {
        if (dim < 1 || dim > Integer.MAX_VALUE / Float.BYTES) {
            throw graph.refuse("weight " + name + " has a dimension of " + dim + ".");
        }
        return (int) dim;
    }

    private TensorProto named(String name) throws BaseModelException {
        return graph.constant(prefix + name).orElseThrow(() -> missing(name));
    }

    private BaseModelException missing(String name) {
        return graph.refuse("weight " + name + " is missing: give a whole export of a BERT encoder.");
    }
}
