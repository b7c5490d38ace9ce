package dev.filigree.format;

import java.util.List;

/**
 * One post-LayerNorm transformer layer (Devlin et al. 2019).
 *
 * @param query {@code [hidden, hidden]}
 * @param key {@code [hidden, hidden]}
 * @param value {@code [hidden, hidden]}
 * @param attentionOutput {@code [hidden, hidden]}, added to the residual stream
 * @param attentionNorm after the attention residual
 * @param ffnIn {@code [intermediate, hidden]}, followed by erf GELU
 * @param ffnOut {@code [hidden, intermediate]}, added to the residual stream
 * @param outputNorm after the feed-forward residual
 */
public record EncoderLayer(
        Linear query,
        Linear key,
        Linear value,
        Linear attentionOutput,
        LayerNorm attentionNorm,
        Linear ffnIn,
        Linear ffnOut,
        LayerNorm outputNorm) {
    /** The six prunable linears in the order of the constructor. */
    public List<Linear> linears() {
        return List.of(query, key, value, attentionOutput, ffnIn, ffnOut);
    }
}
