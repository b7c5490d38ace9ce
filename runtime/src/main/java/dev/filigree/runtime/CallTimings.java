package dev.filigree.runtime;

/**
 * What a call was and where its time went. Tokenizing and computing alternate on the calling thread, so both are within the total; on a GPU
 * a part of a long list is tokenized while the part before is computed, and counts as tokenizing.
 *
 * @param texts texts or pairs
 * @param tokens tokens they took, special tokens included
 * @param truncated how many of them were cut to the longest sequence
 * @param tokenizeNanos time for making tokens of text; next to nothing where the caller gave tokens
 * @param computeNanos time for the model, waiting for its threads or its device included
 * @param totalNanos from the beginning of the call to its end
 */
public record CallTimings(int texts, int tokens, int truncated, long tokenizeNanos, long computeNanos, long totalNanos) {}
