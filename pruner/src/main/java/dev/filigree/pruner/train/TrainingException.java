package dev.filigree.pruner.train;

/** Training that cannot go on; the message is one sentence for the user. */
public final class TrainingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what happened and what to change. */
    public TrainingException(String message) {
        super(message);
    }
}
