package dev.filigree.runtime;

/** A call on a classifier that was closed. */
public final class ClosedClassifierException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** Says so. */
    public ClosedClassifierException() {
        super("This classifier is closed.");
    }
}
