package dev.filigree.pruner.pipeline;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns named weights into a packed {@link Model}.
 *
 * @param sparsity of the six linears of each layer
 * @param types how they are stored
 */
record Packer(Sparsity sparsity, StoredTypes types) {
    private static final int[] IDENTITY = {};

    /** Packs weights by Hugging Face name, linear weights row-major {@code [out, in]} with zeros where pruned. */
    Model pack(
            EncoderShape shape,
            TokenizerSpec tokenizer,
            Pooling pooling,
            Task task,
            Map<String, float[]> weights,
            Provenance provenance,
            List<GoldenExample> golden) {
        int hidden = shape.hidden();
        Embeddings embeddings = new Embeddings(
                DenseMatrix.of(weights.get("embeddings.word_embeddings.weight"), shape.vocabulary(), hidden, types.words()),
                DenseMatrix.of(weights.get("embeddings.position_embeddings.weight"), shape.maxPositions(), hidden, types.weights()),
                DenseMatrix.of(weights.get("embeddings.token_type_embeddings.weight"), shape.typeVocabulary(), hidden, types.weights()),
                norm(weights, "embeddings.LayerNorm"));
        List<EncoderLayer> layers = IntStream.range(0, shape.layers()).mapToObj(i -> layer(shape, weights, "encoder.layer." + i)).toList();
        Optional<Linear> pooler =
                pooling == Pooling.POOLER ? Optional.of(dense(weights, "pooler.dense", hidden, hidden, types.weights())) : Optional.empty();
        int outputs = weights.get("classifier.bias").length;
        Head head = new Head(pooling, pooler, dense(weights, "classifier", outputs, hidden, DType.FP32));
        return new Model(shape, tokenizer, embeddings, layers, head, task, provenance, golden);
    }

    private EncoderLayer layer(EncoderShape shape, Map<String, float[]> weights, String name) {
        int hidden = shape.hidden();
        int inner = shape.intermediate();
        return new EncoderLayer(
                sparse(weights, name + ".attention.self.query", hidden, hidden),
                sparse(weights, name + ".attention.self.key", hidden, hidden),
                sparse(weights, name + ".attention.self.value", hidden, hidden),
                sparse(weights, name + ".attention.output.dense", hidden, hidden),
                norm(weights, name + ".attention.output.LayerNorm"),
                sparse(weights, name + ".intermediate.dense", inner, hidden),
                sparse(weights, name + ".output.dense", hidden, inner),
                norm(weights, name + ".output.LayerNorm"));
    }

    private Linear sparse(Map<String, float[]> weights, String name, int rows, int columns) {
        float[] weight = weights.get(name + ".weight");
        Matrix matrix = sparsity.isDense()
                ? DenseMatrix.of(weight, rows, columns, types.weights())
                : SparseMatrix.of(weight, rows, columns, sparsity, types.weights(), IDENTITY);
        return new Linear(matrix, weights.get(name + ".bias"));
    }

    private static Linear dense(Map<String, float[]> weights, String name, int rows, int columns, DType dtype) {
        return new Linear(DenseMatrix.of(weights.get(name + ".weight"), rows, columns, dtype), weights.get(name + ".bias"));
    }

    private static LayerNorm norm(Map<String, float[]> weights, String name) {
        return new LayerNorm(weights.get(name + ".weight"), weights.get(name + ".bias"));
    }
}
