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
import dev.filigree.pruner.train.LinearRole;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns named weights into a packed {@link Model}.
 *
 * @param sparsity of each prunable linear
 * @param types how they are stored
 * @param rowOrders in which order the rows of a linear fall into blocks, by its name, see {@link SparseMatrix}; a linear that is not named
 *     has its rows in their own order
 */
record Packer(SparsityPlan sparsity, StoredTypes types, Map<String, int[]> rowOrders) {
    private static final int[] IDENTITY = {};

    /** Packs all rows in their own order. */
    Packer(SparsityPlan sparsity, StoredTypes types) {
        this(sparsity, types, Map.of());
    }

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
        List<EncoderLayer> layers = IntStream.range(0, shape.layers()).mapToObj(i -> layer(shape, weights, i)).toList();
        Optional<Linear> pooler =
                pooling == Pooling.POOLER ? Optional.of(dense(weights, "pooler.dense", hidden, hidden, types.weights())) : Optional.empty();
        int outputs = weights.get("classifier.bias").length;
        Head head = new Head(pooling, pooler, dense(weights, "classifier", outputs, hidden, DType.FP32));
        return new Model(shape, tokenizer, embeddings, layers, head, task, provenance, golden);
    }

    private EncoderLayer layer(EncoderShape shape, Map<String, float[]> weights, int layer) {
        return new EncoderLayer(
                linear(shape, weights, layer, LinearRole.QUERY),
                linear(shape, weights, layer, LinearRole.KEY),
                linear(shape, weights, layer, LinearRole.VALUE),
                linear(shape, weights, layer, LinearRole.ATTENTION_OUTPUT),
                norm(weights, "encoder.layer." + layer + ".attention.output.LayerNorm"),
                linear(shape, weights, layer, LinearRole.FFN_IN),
                linear(shape, weights, layer, LinearRole.FFN_OUT),
                norm(weights, "encoder.layer." + layer + ".output.LayerNorm"));
    }

    private Linear linear(EncoderShape shape, Map<String, float[]> weights, int layer, LinearRole role) {
        Sparsity pattern = sparsity.of(layer, role);
        if (pattern.isDense()) {
            return dense(weights, role.name(layer), role.outputs(shape), role.inputs(shape), types.weights());
        }
        Matrix matrix = SparseMatrix.of(
                weights.get(role.name(layer) + ".weight"),
                role.outputs(shape),
                role.inputs(shape),
                pattern,
                types.weights(),
                rowOrders.getOrDefault(role.name(layer), IDENTITY));
        return new Linear(matrix, weights.get(role.name(layer) + ".bias"));
    }

    private static Linear dense(Map<String, float[]> weights, String name, int rows, int columns, DType dtype) {
        return new Linear(DenseMatrix.of(weights.get(name + ".weight"), rows, columns, dtype), weights.get(name + ".bias"));
    }

    private static LayerNorm norm(Map<String, float[]> weights, String name) {
        return new LayerNorm(weights.get(name + ".weight"), weights.get(name + ".bias"));
    }
}
