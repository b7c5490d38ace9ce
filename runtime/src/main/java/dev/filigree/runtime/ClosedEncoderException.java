package dev.filigree.runtime;

/** A call on an encoder that was closed. */
public final class ClosedEncoderException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** Says so. */
    public ClosedEncoderException() {
        super("This encoder is closed.");
    }
}
