package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderShape;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.panel.EmbeddingSums;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import java.util.Arrays;

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

    /** Writes this share of the panels; lanes beyond the last token are zero before the normalisation. */
    void apply(TokenBatch batch, float[] out, Share share) {
        int panels = Panels.count(batch.tokens());
        int from = share.from(panels);
        int to = share.to(panels);
        Arrays.fill(out, from * hidden * Panels.WIDTH, to * hidden * Panels.WIDTH, 0f);
        sums.forEach(batch, from * Panels.WIDTH, Math.min(batch.tokens(), to * Panels.WIDTH), (token, sum) -> {
            int at = Panels.offset(token, hidden);
            for (int i = 0; i < hidden; i++) {
                out[at + i * Panels.WIDTH] = sum[i];
            }
        });
        norm.apply(out, from, to);
    }
}
