package dev.filigree.format;

/** How the hidden states of a sequence, {@code [tokens, hidden]}, become the one vector the classifier reads. */
public enum Pooling {
    /** The hidden state of the first token. */
    CLS,
    /** The mean over all tokens of the sequence, special tokens included (what Sentence Transformers models use). */
    MEAN,
    /** {@code tanh(W x + b)} of the first token's hidden state (BERT's own pooler). */
    POOLER
}
