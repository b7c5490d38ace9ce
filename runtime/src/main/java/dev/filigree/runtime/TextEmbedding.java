package dev.filigree.runtime;

/**
 * The embedding of one text, and what the text took.
 *
 * @param vector the embedding, {@code [hidden]}, of length 1
 * @param tokens tokens that were computed, special tokens included
 * @param truncated whether the text was cut to the model's longest sequence
 */
public record TextEmbedding(float[] vector, int tokens, boolean truncated) {}
