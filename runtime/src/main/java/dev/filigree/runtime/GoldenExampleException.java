package dev.filigree.runtime;

/** A model that does not give the logits its own golden examples ask for: the provider computes wrongly here, or the file was altered. */
public final class GoldenExampleException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** Says which provider, how far off, and what to try. */
    public GoldenExampleException(String message) {
        super(message);
    }
}
