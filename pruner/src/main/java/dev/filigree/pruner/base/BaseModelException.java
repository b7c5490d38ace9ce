package dev.filigree.pruner.base;

import java.io.IOException;

/** A base model that cannot be read; the message is one sentence for the user. */
public final class BaseModelException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong and what to do. */
    public BaseModelException(String message) {
        super(message);
    }
}
