package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.TokenizerSpec;
import java.util.Map;

/**
 * A pretrained dense encoder, before any task head.
 *
 * @param name for messages and provenance, for example {@code all-MiniLM-L6-v2}
 * @param shape dimensions
 * @param tokenizer its tokenizer
 * @param meanPooling whether it was trained to be mean-pooled (otherwise the first token is taken)
 * @param weights fp32 arrays by the Hugging Face names of {@code BertModel} without prefix, for example
 *     {@code encoder.layer.0.attention.self.query.weight}; linear weights are row-major {@code [out, in]}
 */
public record BaseModel(
        String name, EncoderShape shape, TokenizerSpec tokenizer, boolean meanPooling, Map<String, float[]> weights) {
    /** Copies the map (not the arrays). */
    public BaseModel {
        weights = Map.copyOf(weights);
    }
}
