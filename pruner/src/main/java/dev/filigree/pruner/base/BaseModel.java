package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.format.TokenizerSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pretrained dense encoder, with the classifier that it was fine-tuned to be if it was.
 *
 * @param name for messages and provenance, for example {@code all-MiniLM-L6-v2}
 * @param shape dimensions
 * @param tokenizer its tokenizer
 * @param pooling how it was trained to be read
 * @param weights fp32 arrays by the Hugging Face names of {@code BertModel} without prefix, for example
 *     {@code encoder.layer.0.attention.self.query.weight}; linear weights are row-major {@code [out, in]}. {@code pooler.dense.*} is among
 *     them where pooling is {@link Pooling#POOLER}, {@code classifier.*} where there is a classifier
 * @param classifier what its classifier tells
 */
public record BaseModel(
        String name,
        EncoderShape shape,
        TokenizerSpec tokenizer,
        Pooling pooling,
        Map<String, float[]> weights,
        Optional<Labels> classifier) {
    /** Copies the map (not the arrays). */
    public BaseModel {
        weights = Map.copyOf(weights);
    }

    /**
     * The outputs of a classifier.
     *
     * @param names name of each output, in order; what Hugging Face calls {@code id2label}
     * @param regression whether the single output is a score
     */
    public record Labels(List<String> names, boolean regression) {
        /** Copies the names. */
        public Labels {
            names = List.copyOf(names);
        }
    }
}
