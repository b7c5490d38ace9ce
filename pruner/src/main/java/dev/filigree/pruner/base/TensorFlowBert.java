package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.EncoderWeights.Kind;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads shape and weights of a BERT encoder from the variables of Google's TensorFlow code: there a linear's weight is a {@code kernel},
 * {@code [inputs, outputs]}, and a LayerNorm has {@code gamma} and {@code beta}.
 */
final class TensorFlowBert {
    private static final String WORD_EMBEDDINGS = "bert/embeddings/word_embeddings";
    private static final Pattern LAYER = Pattern.compile(".*bert/encoder/layer_(\\d{1,4})/.*");
    /** What Google's code adds to the variance. */
    private static final float EPSILON = 1e-12f;

    private final TensorBundle bundle;
    private final String source;
    private final Map<String, TensorBundle.Tensor> byName;

    private TensorFlowBert(TensorBundle bundle, String source) {
        this.bundle = bundle;
        this.source = source;
        this.byName = bundle.tensors().stream().collect(Collectors.toMap(TensorBundle.Tensor::name, tensor -> tensor));
    }

    /**
     * Reads the encoder, pooler included.
     *
     * @param headWidth width of an attention head, which the variables do not tell
     * @param source what messages call the model
     */
    static Encoder read(TensorBundle bundle, int headWidth, String source) throws BaseModelException {
        return new TensorFlowBert(bundle, source).read(headWidth);
    }

    private Encoder read(int headWidth) throws BaseModelException {
        List<String> words = byName.keySet().stream().filter(name -> name.endsWith(WORD_EMBEDDINGS)).toList();
        if (words.size() != 1) {
            throw refuse("it has " + words.size() + " variables named " + WORD_EMBEDDINGS + " where a BERT encoder has one");
        }
        String prefix = words.getFirst().substring(0, words.getFirst().length() - WORD_EMBEDDINGS.length());
        EncoderShape shape = shape(prefix, headWidth);
        List<Weight> needed = new ArrayList<>(EncoderWeights.of(shape));
        needed.addAll(EncoderWeights.linear(EncoderWeights.POOLER, shape.hidden(), shape.hidden()));
        Map<String, Weight> wanted = new HashMap<>();
        for (Weight weight : needed) {
            String name = prefix + variable(weight);
            requireDims(name, weight.kind() == Kind.LINEAR ? weight.dims().reversed() : weight.dims());
            wanted.put(name, weight);
        }
        Map<String, float[]> weights = new HashMap<>();
        bundle.read(new TensorBundle.Reader() {
            @Override
            public boolean wants(TensorBundle.Tensor tensor) {
                return wanted.containsKey(tensor.name());
            }

            @Override
            public void take(TensorBundle.Tensor tensor, float[] values) throws BaseModelException {
                if (!EncoderWeights.finite(values)) {
                    throw refuse("variable " + tensor.name() + " holds a value that is not finite");
                }
                Weight weight = wanted.get(tensor.name());
                weights.put(weight.name(), weight.kind() == Kind.LINEAR
                        ? EncoderWeights.transpose(values, weight.dims().getLast(), weight.dims().getFirst())
                        : values);
            }
        });
        return new Encoder(shape, weights);
    }

    private EncoderShape shape(String prefix, int headWidth) throws BaseModelException {
        int layers = byName.keySet().stream()
                .map(LAYER::matcher)
                .filter(Matcher::matches)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)) + 1)
                .max()
                .orElse(0);
        int hidden = dim(prefix + WORD_EMBEDDINGS, 1);
        if (hidden % headWidth != 0) {
            throw refuse("its width of " + hidden + " is not divisible by that of a head, " + headWidth);
        }
        try {
            return new EncoderShape(hidden, layers, hidden / headWidth, dim(prefix + "bert/encoder/layer_0/intermediate/dense/bias", 0),
                    dim(prefix + WORD_EMBEDDINGS, 0), dim(prefix + "bert/embeddings/position_embeddings", 0),
                    dim(prefix + "bert/embeddings/token_type_embeddings", 0), EPSILON);
        } catch (IllegalArgumentException e) {
            throw refuse("this is no BERT encoder (" + e.getMessage() + ")");
        }
    }

    /** {@code encoder.layer.0.attention.self.query.weight} is {@code bert/encoder/layer_0/attention/self/query/kernel}. */
    private static String variable(Weight weight) {
        String path = weight.name().replace("encoder.layer.", "encoder.layer_");
        String name = path.substring(0, path.lastIndexOf('.'));
        boolean first = path.endsWith(".weight");
        String last = switch (weight.kind()) {
            case EMBEDDING -> "";
            case LINEAR -> "/kernel";
            case BIAS -> "/bias";
            case NORM -> first ? "/gamma" : "/beta";
        };
        return "bert/" + name.replace('.', '/') + last;
    }

    private void requireDims(String name, List<Integer> dims) throws BaseModelException {
        List<Long> stored = tensor(name).dims();
        if (!stored.equals(dims.stream().map(Integer::longValue).toList())) {
            throw refuse("variable " + name + " has the shape " + stored + " where " + dims + " is needed");
        }
    }

    private int dim(String name, int index) throws BaseModelException {
        List<Long> dims = tensor(name).dims();
        if (index >= dims.size() || dims.get(index) > Integer.MAX_VALUE - 8) {
            throw refuse("variable " + name + " has the shape " + dims);
        }
        return dims.get(index).intValue();
    }

    private TensorBundle.Tensor tensor(String name) throws BaseModelException {
        TensorBundle.Tensor tensor = byName.get(name);
        if (tensor == null) {
            throw refuse("variable " + name + " is missing");
        }
        return tensor;
    }

    private BaseModelException refuse(String what) {
        return new BaseModelException(source + ": " + what + ": give the variables of a whole BERT encoder.");
    }
}
