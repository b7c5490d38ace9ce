package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import dev.filigree.format.EncoderShape;

/**
 * The forward pass of a post-LayerNorm BERT encoder (Devlin et al. 2019) in operations that PyTorch's autograd follows. No operation takes
 * a Java number (see {@link BatchArrays}), and every result belongs to the manager of the batch.
 */
final class EncoderMath {
    private final EncoderShape shape;
    private final Parameters parameters;
    private final LinearProduct product;

    /** With this product for the linears of the layers. */
    EncoderMath(EncoderShape shape, Parameters parameters, LinearProduct product) {
        this.shape = shape;
        this.parameters = parameters;
        this.product = product;
    }

    /** Hidden states before the first layer, {@code [rows, width, hidden]}. */
    NDArray embed(BatchArrays batch) {
        NDArray sum = lookUp(batch.ids(), Parameters.WORD_EMBEDDINGS)
                .add(lookUp(batch.positions(), Parameters.POSITION_EMBEDDINGS))
                .add(lookUp(batch.types(), Parameters.TYPE_EMBEDDINGS));
        return norm(sum, Parameters.EMBEDDING_NORM);
    }

    /** One layer, {@code [rows, width, hidden]} to the same. */
    NDArray layer(int layer, NDArray x, BatchArrays batch) {
        return layer(layer, x, heads(layer, x), batch);
    }

    /** One layer whose heads are at hand. */
    NDArray layer(int layer, NDArray x, Forward.Heads heads, BatchArrays batch) {
        NDArray attended = attentionResidual(layer, x, context(x, heads, batch));
        return ffnResidual(layer, attended, ffnActivation(layer, attended));
    }

    /** What the attention output linear reads: the attended values of all heads, {@code [rows, width, hidden]}. */
    NDArray context(int layer, NDArray x, BatchArrays batch) {
        return context(x, heads(layer, x), batch);
    }

    /** Queries, keys and values of a layer that reads {@code [rows, width, hidden]}. */
    Forward.Heads heads(int layer, NDArray x) {
        return new Forward.Heads(
                heads(linear(layer, LinearRole.QUERY, x)),
                heads(linear(layer, LinearRole.KEY, x)),
                heads(linear(layer, LinearRole.VALUE, x)));
    }

    private static NDArray context(NDArray x, Forward.Heads heads, BatchArrays batch) {
        NDArray query = heads.query().mul(batch.attentionScale());
        NDArray attention = query.matMul(heads.key().transpose(0, 1, 3, 2)).add(batch.attentionBias()).softmax(-1);
        return attention.matMul(heads.value()).transpose(0, 2, 1, 3).reshape(x.getShape());
    }

    /** What the FFN-in linear reads, {@code [rows, width, hidden]}. */
    NDArray attentionResidual(int layer, NDArray x, NDArray context) {
        return norm(linear(layer, LinearRole.ATTENTION_OUTPUT, context).add(x), Parameters.attentionNorm(layer));
    }

    /** What the FFN-out linear reads, {@code [rows, width, intermediate]}. */
    NDArray ffnActivation(int layer, NDArray attended) {
        // DJL's gelu is PyTorch's default: the exact one, by erf.
        return linear(layer, LinearRole.FFN_IN, attended).getNDArrayInternal().gelu();
    }

    /** The output of a layer, {@code [rows, width, hidden]}. */
    NDArray ffnResidual(int layer, NDArray attended, NDArray activation) {
        return norm(linear(layer, LinearRole.FFN_OUT, activation).add(attended), Parameters.outputNorm(layer));
    }

    /** {@code x W^T + b} for one linear of a layer. */
    NDArray linear(int layer, LinearRole role, NDArray x) {
        return linear(role.name(layer), x, product);
    }

    /** {@code x W^T + b} in fp32 for a linear of the head, by its name. */
    NDArray headLinear(String name, NDArray x) {
        return linear(name, x, LinearProduct.FP32);
    }

    private NDArray linear(String name, NDArray x, LinearProduct by) {
        return by.of(x, leaf(name + ".weight"), leaf(name + ".bias"));
    }

    private NDArray heads(NDArray x) {
        Shape split = new Shape(x.getShape().get(0), x.getShape().get(1), shape.heads(), shape.headWidth());
        return x.reshape(split).transpose(0, 2, 1, 3);
    }

    private NDArray lookUp(NDArray ids, String table) {
        return ids.getNDArrayInternal().embedding(ids, leaf(table), SparseFormat.DENSE).singletonOrThrow();
    }

    private NDArray norm(NDArray x, String name) {
        return x.getNDArrayInternal()
                .layerNorm(x, new Shape(shape.hidden()), leaf(name + ".weight"), leaf(name + ".bias"), shape.layerNormEpsilon())
                .singletonOrThrow();
    }

    private NDArray leaf(String name) {
        return parameters.get(name).leaf();
    }
}
