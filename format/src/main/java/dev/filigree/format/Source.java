package dev.filigree.format;

import java.nio.file.Path;

/** The file being read, for its refusals. */
record Source(String name) {
    Source(Path path) {
        this(path.toString());
    }

    ModelFormatException refuse(Refusal refusal, String sentence) {
        return new ModelFormatException(refusal, name + ": " + sentence);
    }

    ModelFormatException refuse(Refusal refusal, String sentence, Throwable cause) {
        ModelFormatException exception = refuse(refusal, sentence);
        exception.initCause(cause);
        return exception;
    }
}
