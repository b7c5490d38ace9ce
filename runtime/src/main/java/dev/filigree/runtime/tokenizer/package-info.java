/**
 * Text to tokens: BERT's WordPiece as Hugging Face's tokenizer computes it. {@link dev.filigree.runtime.Classifier#tokenize} is the way to
 * it for texts that are to be classified.
 */
package dev.filigree.runtime.tokenizer;
