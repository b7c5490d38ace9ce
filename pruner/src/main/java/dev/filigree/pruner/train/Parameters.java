package dev.filigree.pruner.train;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The parameters of an encoder and its head by their Hugging Face names, in the order of the forward pass. */
final class Parameters {
    static final String WORD_EMBEDDINGS = "embeddings.word_embeddings.weight";
    static final String POSITION_EMBEDDINGS = "embeddings.position_embeddings.weight";
    static final String TYPE_EMBEDDINGS = "embeddings.token_type_embeddings.weight";
    static final String EMBEDDING_NORM = "embeddings.LayerNorm";
    static final String POOLER = "pooler.dense";
    static final String CLASSIFIER = "classifier";

    /** Standard deviation of new weights (Devlin et al. 2019). */
    private static final double INITIAL_DEVIATION = 0.02;

    private final Residence residence;
    private final Map<String, Parameter> byName = new LinkedHashMap<>();
    private final List<PrunableLinear> linears = new ArrayList<>();

    Parameters(NDManager manager, Residence residence, EncoderShape shape, HeadSpec head, Map<String, float[]> weights, long seed) {
        this.residence = residence;
        int hidden = shape.hidden();
        add(manager, WORD_EMBEDDINGS, new Shape(shape.vocabulary(), hidden), weights);
        add(manager, POSITION_EMBEDDINGS, new Shape(shape.maxPositions(), hidden), weights);
        add(manager, TYPE_EMBEDDINGS, new Shape(shape.typeVocabulary(), hidden), weights);
        addNorm(manager, EMBEDDING_NORM, hidden, weights);
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                String name = role.name(layer);
                Parameter weight = add(manager, name + ".weight", new Shape(role.outputs(shape), role.inputs(shape)), weights);
                Parameter bias = add(manager, name + ".bias", new Shape(role.outputs(shape)), weights);
                linears.add(new PrunableLinear(layer, role, weight, bias));
            }
            addNorm(manager, attentionNorm(layer), hidden, weights);
            addNorm(manager, outputNorm(layer), hidden, weights);
        }
        Random random = new Random(seed);
        if (head.pooling() == Pooling.POOLER) {
            addHead(manager, POOLER, hidden, hidden, weights, random);
        }
        addHead(manager, CLASSIFIER, head.labels(), hidden, weights, random);
    }

    static String attentionNorm(int layer) {
        return "encoder.layer." + layer + ".attention.output.LayerNorm";
    }

    static String outputNorm(int layer) {
        return "encoder.layer." + layer + ".output.LayerNorm";
    }

    Parameter get(String name) {
        Parameter parameter = byName.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("The model has no parameter '" + name + "'.");
        }
        return parameter;
    }

    Collection<Parameter> all() {
        return byName.values();
    }

    List<PrunableLinear> linears() {
        return linears;
    }

    private void addNorm(NDManager manager, String name, int hidden, Map<String, float[]> weights) {
        add(manager, name + ".weight", new Shape(hidden), weights);
        add(manager, name + ".bias", new Shape(hidden), weights);
    }

    /** A head that the weights hold is taken from there; a new one starts small and random. */
    private void addHead(NDManager manager, String name, int rows, int columns, Map<String, float[]> weights, Random random) {
        Map<String, float[]> source = weights;
        if (!weights.containsKey(name + ".weight")) {
            float[] start = new float[rows * columns];
            for (int i = 0; i < start.length; i++) {
                start[i] = (float) (INITIAL_DEVIATION * random.nextGaussian());
            }
            source = Map.of(name + ".weight", start, name + ".bias", new float[rows]);
        }
        add(manager, name + ".weight", new Shape(rows, columns), source);
        add(manager, name + ".bias", new Shape(rows), source);
    }

    private Parameter add(NDManager manager, String name, Shape shape, Map<String, float[]> weights) {
        float[] values = weights.get(name);
        if (values == null) {
            throw new IllegalArgumentException("The weights lack '" + name + "'.");
        }
        if (values.length != shape.size()) {
            throw new IllegalArgumentException("'" + name + "' has " + values.length + " values where the model needs " + shape + ".");
        }
        Parameter parameter = new Parameter(manager, name, shape, values, residence);
        byName.put(name, parameter);
        return parameter;
    }
}
