package dev.filigree.pruner.data;

import java.io.IOException;

/** Data that is not where it was looked for; the message is one sentence that says where, and how to get it. */
public final class MissingDataException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is missing and what to do. */
    public MissingDataException(String message) {
        super(message);
    }
}
