package dev.filigree.format;

/**
 * The embedding layer: the three rows are added and normalised.
 *
 * @param word {@code [vocabulary, hidden]}
 * @param position {@code [maxPositions, hidden]}
 * @param tokenType {@code [typeVocabulary, hidden]}
 * @param norm applied to the sum
 */
public record Embeddings(Matrix word, Matrix position, Matrix tokenType, LayerNorm norm) {}
