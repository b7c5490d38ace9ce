package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import java.util.Arrays;

/**
 * A batch as PyTorch reads it, with the constants of its forward pass. All of them stay open until the manager closes, which must be after
 * the backward pass: autograd keeps only an address of what Java made, so a constant that is freed earlier (as those of DJL's
 * {@code mul(Number)} are) gives wrong gradients without a word.
 *
 * @param ids {@code [rows, width]}
 * @param types {@code [rows, width]}
 * @param positions {@code [rows, width]}
 * @param attentionBias added to attention scores: 0 for tokens, very negative for padding, {@code [rows, 1, 1, width]}
 * @param attentionScale {@code 1 / sqrt(head width)}, a scalar
 */
record BatchArrays(NDArray ids, NDArray types, NDArray positions, NDArray attentionBias, NDArray attentionScale) {
    private static final float PADDING_SCORE = -1e9f;

    static BatchArrays of(NDManager manager, Batch batch, EncoderShape shape) {
        if (batch.width() > shape.maxPositions()) {
            throw new IllegalArgumentException(
                    "A text of " + batch.width() + " tokens is longer than the " + shape.maxPositions() + " positions of the model.");
        }
        int rows = batch.rows();
        int width = batch.width();
        long[] positions = new long[rows * width];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < width; i++) {
                positions[row * width + i] = i;
            }
        }
        Shape tokens = new Shape(rows, width);
        return new BatchArrays(
                manager.create(batch.ids(), tokens),
                manager.create(batch.types(), tokens),
                manager.create(positions, tokens),
                paddingBias(manager, batch),
                manager.create((float) (1 / Math.sqrt(shape.headWidth()))));
    }

    /** What is added to the scores of a token for each other one, {@code [rows, 1, 1, width]}: 0 for tokens, very negative for padding. */
    static NDArray paddingBias(NDManager manager, Batch batch) {
        float[] bias = new float[batch.rows() * batch.width()];
        for (int row = 0; row < batch.rows(); row++) {
            Arrays.fill(bias, row * batch.width() + batch.lengths()[row], (row + 1) * batch.width(), PADDING_SCORE);
        }
        return manager.create(bias, new Shape(batch.rows(), 1, 1, batch.width()));
    }

    /** Weights {@code [rows, 1, width]} whose product with the hidden states pools them: {@code 1 / length}, or 1 for the first token. */
    static NDArray poolingWeights(NDManager manager, Batch batch, Pooling pooling) {
        float[] weights = new float[batch.rows() * batch.width()];
        for (int row = 0; row < batch.rows(); row++) {
            int length = batch.lengths()[row];
            for (int i = 0; i < (pooling == Pooling.MEAN ? length : 1); i++) {
                weights[row * batch.width() + i] = pooling == Pooling.MEAN ? 1f / length : 1;
            }
        }
        // PyTorch's own memory, at a fixed alignment: a product's last bit may depend on it, and Java's memory lies where it happens to.
        return manager.create(weights, new Shape(batch.rows(), 1, batch.width())).duplicate();
    }

    /** Weights {@code [rows, width, 1]}: the value for every token, 0 for padding. */
    static NDArray tokenWeights(NDManager manager, Batch batch, float value) {
        float[] weights = new float[batch.rows() * batch.width()];
        for (int row = 0; row < batch.rows(); row++) {
            Arrays.fill(weights, row * batch.width(), row * batch.width() + batch.lengths()[row], value);
        }
        return manager.create(weights, new Shape(batch.rows(), batch.width(), 1));
    }
}
