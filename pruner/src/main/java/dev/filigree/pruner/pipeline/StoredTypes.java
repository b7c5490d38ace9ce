package dev.filigree.pruner.pipeline;

import dev.filigree.format.DType;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.Parameter;
import dev.filigree.pruner.train.Rounding;

/**
 * How the weights of a packed file are stored. Biases, LayerNorms and the classifier are always fp32.
 *
 * @param weights of linears, pooler, position and token-type embeddings
 * @param words of the word embedding, most of whose bytes no text of a task ever touches
 */
public record StoredTypes(DType weights, DType words) {
    /** Everything as it was trained. */
    static final StoredTypes FP32 = of(DType.FP32);

    /** The usual pair for a type of weights: 4-bit words beside 8-bit weights, else the same for both. */
    public static StoredTypes of(DType weights) {
        return new StoredTypes(weights, weights == DType.INT8 ? DType.INT4 : weights);
    }

    /**
     * Gives a model's embeddings the values that the file will give back. Nothing trains them while the linears are pruned, so that these
     * learn, and second-order methods refit them, with the embeddings they will be run with.
     */
    void roundEmbeddings(BertClassifier model) {
        for (Parameter parameter : model.parameters()) {
            if (parameter.name().startsWith("embeddings.")) {
                rounding(parameter).round(parameter.weights(), parameter.rows(), parameter.columns());
                parameter.publish();
            }
        }
    }

    /** What storing a parameter does to its weights. */
    Rounding rounding(Parameter parameter) {
        return Rounding.stored(of(parameter));
    }

    /** How the packed file stores a parameter. */
    DType of(Parameter parameter) {
        return switch (parameter.name()) {
            case "embeddings.word_embeddings.weight" -> words;
            case "classifier.weight" -> DType.FP32;
            default -> parameter.isMatrix() ? weights : DType.FP32;
        };
    }

    /** Refuses what the file cannot hold. */
    void requireFits(SparsityPlan sparsity) {
        if (weights == DType.INT4 && !sparsity.isDense()) {
            throw new IllegalArgumentException("Pruned linears cannot be stored as INT4: choose INT8, FP16 or FP32 for them.");
        }
    }
}
