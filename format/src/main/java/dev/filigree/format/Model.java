package dev.filigree.format;

import java.util.List;

/**
 * Everything a file holds. Immutable; the matrices of an opened file are slices of the mapped file and valid until it is closed.
 *
 * @param shape dimensions
 * @param tokenizer text to token ids
 * @param embeddings token ids to hidden states
 * @param layers the transformer
 * @param head hidden states to logits
 * @param task logits to labels
 * @param provenance where it came from
 * @param goldenExamples texts with expected logits
 */
public record Model(
        EncoderShape shape,
        TokenizerSpec tokenizer,
        Embeddings embeddings,
        List<EncoderLayer> layers,
        Head head,
        Task task,
        Provenance provenance,
        List<GoldenExample> goldenExamples) {
    /** Copies the lists. */
    public Model {
        layers = List.copyOf(layers);
        goldenExamples = List.copyOf(goldenExamples);
    }
}
