package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import java.util.ArrayList;
import java.util.List;

/** The weights that make a BERT encoder, by the Hugging Face names of {@link BaseModel}. */
final class EncoderWeights {
    static final String WORD_EMBEDDINGS = "embeddings.word_embeddings.weight";
    static final String POSITION_EMBEDDINGS = "embeddings.position_embeddings.weight";
    static final String TYPE_EMBEDDINGS = "embeddings.token_type_embeddings.weight";
    static final String POOLER = "pooler.dense";
    static final String CLASSIFIER = "classifier";

    /** More labels than any task has; it keeps a lying file from asking for memory. */
    static final int MAX_LABELS = 1 << 16;

    private static final int TILE = 32;

    private final List<Weight> weights = new ArrayList<>();

    /** What a weight is, where formats treat kinds differently. */
    enum Kind { EMBEDDING, LINEAR, BIAS, NORM }

    /**
     * One weight.
     *
     * @param name Hugging Face name
     * @param kind what it is
     * @param dims its shape; of a linear {@code [outputs, inputs]}
     */
    record Weight(String name, Kind kind, List<Integer> dims) {}

    private EncoderWeights() {}

    /** Embeddings and layers, in the order of the forward pass. */
    static List<Weight> of(EncoderShape shape) {
        int hidden = shape.hidden();
        EncoderWeights list = new EncoderWeights();
        list.add(WORD_EMBEDDINGS, Kind.EMBEDDING, shape.vocabulary(), hidden);
        list.add(POSITION_EMBEDDINGS, Kind.EMBEDDING, shape.maxPositions(), hidden);
        list.add(TYPE_EMBEDDINGS, Kind.EMBEDDING, shape.typeVocabulary(), hidden);
        list.addNorm("embeddings.LayerNorm", hidden);
        for (int i = 0; i < shape.layers(); i++) {
            String layer = layer(i);
            list.addLinear(layer + "attention.self.query", hidden, hidden);
            list.addLinear(layer + "attention.self.key", hidden, hidden);
            list.addLinear(layer + "attention.self.value", hidden, hidden);
            list.addLinear(layer + "attention.output.dense", hidden, hidden);
            list.addNorm(layer + "attention.output.LayerNorm", hidden);
            list.addLinear(layer + "intermediate.dense", shape.intermediate(), hidden);
            list.addLinear(layer + "output.dense", hidden, shape.intermediate());
            list.addNorm(layer + "output.LayerNorm", hidden);
        }
        return list.weights;
    }

    /** A linear on top of the encoder: the pooler or the classifier. */
    static List<Weight> linear(String name, int outputs, int inputs) {
        EncoderWeights list = new EncoderWeights();
        list.addLinear(name, outputs, inputs);
        return list.weights;
    }

    /** What the names of a layer start with. */
    static String layer(int index) {
        return "encoder.layer." + index + ".";
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

    /** Whether no value is NaN or infinite. */
    static boolean finite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    private void addLinear(String name, int outputs, int inputs) {
        add(name + ".weight", Kind.LINEAR, outputs, inputs);
        add(name + ".bias", Kind.BIAS, outputs);
    }

    private void addNorm(String name, int hidden) {
        add(name + ".weight", Kind.NORM, hidden);
        add(name + ".bias", Kind.NORM, hidden);
    }

    private void add(String name, Kind kind, Integer... dims) {
        weights.add(new Weight(name, kind, List.of(dims)));
    }
}
