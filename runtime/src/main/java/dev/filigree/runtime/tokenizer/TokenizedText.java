package dev.filigree.runtime.tokenizer;

/**
 * A text, or a pair, as the encoder reads it: {@code [CLS] a [SEP]} or {@code [CLS] a [SEP] b [SEP]}.
 *
 * @param ids token ids, special tokens included
 * @param types 0 for the first text and its special tokens, 1 for the second and its {@code [SEP]}
 * @param truncated whether tokens were dropped to fit the model's longest sequence
 */
public record TokenizedText(int[] ids, int[] types, boolean truncated) {}
