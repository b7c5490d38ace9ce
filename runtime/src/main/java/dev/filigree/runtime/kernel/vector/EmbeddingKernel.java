package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;

/** Token ids to hidden states: the word, position and token-type rows are added, written into panels and normalised. */
final class EmbeddingKernel {
    private final EmbeddingTable word;
    private final EmbeddingTable position;
    private final EmbeddingTable tokenType;
    private final NormKernel norm;
    private final int hidden;

    EmbeddingKernel(Embeddings embeddings, EncoderShape shape) {
        word = new EmbeddingTable(embeddings.word());
        position = new EmbeddingTable(embeddings.position());
        tokenType = new EmbeddingTable(embeddings.tokenType());
        norm = new NormKernel(embeddings.norm(), shape.layerNormEpsilon());
        hidden = shape.hidden();
    }

    /** Writes this share of the panels; lanes beyond the last token are zero before the normalisation. */
    void apply(TokenBatch batch, float[] out, Share share) {
        int panels = Panels.count(batch.tokens());
        int from = share.from(panels);
        int to = share.to(panels);
        Arrays.fill(out, from * hidden * Panels.WIDTH, to * hidden * Panels.WIDTH, 0f);
        float[] sum = new float[hidden];
        float[] row = new float[hidden];
        int sequence = 0;
        for (int token = from * Panels.WIDTH; token < Math.min(batch.tokens(), to * Panels.WIDTH); token++) {
            while (batch.offsets()[sequence + 1] <= token) {
                sequence++;
            }
            Arrays.fill(sum, 0f);
            word.add(batch.ids()[token], sum, row);
            position.add(token - batch.offsets()[sequence], sum, row);
            tokenType.add(batch.types()[token], sum, row);
            int at = Panels.offset(token, hidden);
            for (int i = 0; i < hidden; i++) {
                out[at + i * Panels.WIDTH] = sum[i];
            }
        }
        norm.apply(out, from, to);
    }
}
