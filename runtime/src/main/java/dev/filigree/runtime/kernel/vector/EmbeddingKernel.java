package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.EmbeddingSums;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Portion;
import dev.filigree.runtime.kernel.panel.Share;

/** Token ids to hidden states: the sums of their rows, written into panels and normalised. */
final class EmbeddingKernel {
    private final EmbeddingSums sums;
    private final NormKernel norm;
    private final int hidden;

    EmbeddingKernel(Embeddings embeddings, EncoderShape shape) {
        sums = new EmbeddingSums(embeddings);
        norm = new NormKernel(embeddings.norm(), shape.layerNormEpsilon());
        hidden = shape.hidden();
    }

    /** One worker's part: a share of the tokens, and of the normalisation. Lanes beyond the last token are zero before it. */
    void apply(TokenBatch batch, float[] out, Share share, Barrier barrier) {
        sums.forEach(batch, share.from(batch.tokens()), share.to(batch.tokens()), (token, sum) -> {
            int at = Panels.offset(token, hidden);
            for (int i = 0; i < hidden; i++) {
                out[at + i * Panels.WIDTH] = sum[i];
            }
        });
        int panels = Panels.count(batch.tokens());
        if (share.worker() == 0) {
            for (int token = batch.tokens(); token < panels * Panels.WIDTH; token++) {
                for (int i = 0; i < hidden; i++) {
                    out[Panels.offset(token, hidden) + i * Panels.WIDTH] = 0f;
                }
            }
        }
        barrier.await();
        norm.apply(out, new Portion(0, panels, share, barrier));
    }
}
