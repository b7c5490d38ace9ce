package dev.filigree.pruner.data;

import java.io.IOException;

/** A data file that is not as the standard layout has it; the message is one sentence with file, line and column. */
public final class MalformedDataException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong and where. */
    public MalformedDataException(String message) {
        super(message);
    }
}
