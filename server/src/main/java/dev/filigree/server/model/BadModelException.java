package dev.filigree.server.model;

import dev.filigree.runtime.GoldenExampleException;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.io.IOException;
import java.nio.file.Path;

/** A file that cannot serve; the message is one sentence for the person who must act. */
final class BadModelException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean foreseen;

    private BadModelException(String message, boolean foreseen, Throwable cause) {
        super(message, cause);
        this.foreseen = foreseen;
    }

    BadModelException(String message) {
        this(message, true, null);
    }

    /** What loading a file threw, as a sentence that names the file. */
    static BadModelException of(Path file, Throwable cause) {
        return switch (cause) {
            case BadModelException bad -> bad;
            // Its refusals name the file themselves.
            case IOException refused -> new BadModelException(refused.getMessage(), true, refused);
            case GoldenExampleException wrong -> new BadModelException(file + ": " + wrong.getMessage(), true, wrong);
            case ProviderRefusedException refused -> new BadModelException(file + ": " + refused.getMessage(), true, refused);
            case OutOfMemoryError memory -> new BadModelException(
                    file + ": there is not enough memory for it (" + memory.getMessage() + "); give Java more by -Xmx.", true, memory);
            default -> new BadModelException(file + ": it cannot be loaded or does not answer (" + cause + ").", false, cause);
        };
    }

    /** Whether the message says all there is to know. */
    boolean isForeseen() {
        return foreseen;
    }
}
