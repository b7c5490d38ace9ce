package dev.filigree.format;

import java.io.IOException;

/** A file that is refused; the message is one sentence for the person who must act. */
public final class ModelFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Refusal refusal;

    /** Names the refusal and says what and where. */
    public ModelFormatException(Refusal refusal, String message) {
        super(message);
        this.refusal = refusal;
    }

    /** Which of the closed set of reasons it was. */
    public Refusal refusal() {
        return refusal;
    }
}
