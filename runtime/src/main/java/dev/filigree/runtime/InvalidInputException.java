package dev.filigree.runtime;

/** An input that the model's task does not take: a pair for a task of single texts, or the reverse. */
public final class InvalidInputException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** Says which input and what to change. */
    public InvalidInputException(String message) {
        super(message);
    }
}
