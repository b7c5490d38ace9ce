package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import java.util.List;

/**
 * A model on the device: addresses of its parts. Matrices are fp16 but for linear layers in int8, vectors fp32.
 *
 * @param shape dimensions
 * @param foldsNorms whether each LayerNorm is folded into the linears that read it
 * @param word embedding, {@code [vocabulary, hidden]}
 * @param position embedding, {@code [maxPositions, hidden]}
 * @param tokenType embedding, {@code [typeVocabulary, hidden]}
 * @param norm of the embeddings
 * @param layers in their order
 * @param head what stands on the encoder
 */
record DeviceModel(
        EncoderShape shape, boolean foldsNorms, long word, long position, long tokenType, Norm norm, List<Layer> layers, Head head) {
    /** Whether activations are turned into int8 on the way. */
    boolean hasInt8() {
        return layers.stream().anyMatch(Layer::hasInt8);
    }

    /**
     * A LayerNorm.
     *
     * @param gamma {@code [hidden]}
     * @param beta {@code [hidden]}
     */
    record Norm(long gamma, long beta) {}

    /**
     * A linear layer.
     *
     * @param rows outputs
     * @param inputs inputs
     * @param sparse whether it runs on the sparse tensor cores
     * @param weight in the tensor cores' order
     * @param bias {@code [rows]}, with the norm before it folded in where there is one
     * @param rowSums what else that norm needs, {@code [rows]}; 0: no norm is folded in
     * @param scales of the rows, where weights and activations are int8, {@code [rows]}; 0: they are fp16
     */
    record Linear(int rows, int inputs, boolean sparse, long weight, long bias, long rowSums, long scales) {
        boolean isInt8() {
            return scales != 0;
        }
    }

    /**
     * A transformer layer.
     *
     * @param queryKeyValue the three as one, {@code [3 * hidden, hidden]}
     * @param attentionOutput {@code [hidden, hidden]}
     * @param attentionNorm after attention
     * @param ffnIn {@code [intermediate, hidden]}
     * @param ffnOut {@code [hidden, intermediate]}
     * @param outputNorm after the feed-forward layer
     */
    record Layer(Linear queryKeyValue, Linear attentionOutput, Norm attentionNorm, Linear ffnIn, Linear ffnOut, Norm outputNorm) {
        boolean hasInt8() {
            return queryKeyValue.isInt8() || attentionOutput.isInt8() || ffnIn.isInt8() || ffnOut.isInt8();
        }
    }

    /**
     * What stands on the encoder; matrices row-major.
     *
     * @param pooling how a sequence becomes a vector
     * @param pooler {@code [hidden, hidden]}, 0 without one
     * @param poolerBias {@code [hidden]}, 0 without one
     * @param labels outputs
     * @param classifier {@code [labels, hidden]}
     * @param bias {@code [labels]}
     */
    record Head(Pooling pooling, long pooler, long poolerBias, int labels, long classifier, long bias) {}
}
