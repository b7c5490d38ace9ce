package dev.filigree.runtime;

import java.util.Objects;
import java.util.Optional;

/**
 * A text, or a pair of texts, to classify.
 *
 * @param first the text
 * @param second the second text of a pair
 */
public record TextInput(String first, Optional<String> second) {
    /** Refuses null. */
    public TextInput {
        Objects.requireNonNull(first, "first");
        Objects.requireNonNull(second, "second");
    }

    /** One text. */
    public static TextInput of(String text) {
        return new TextInput(text, Optional.empty());
    }

    /** A pair. */
    public static TextInput of(String first, String second) {
        return new TextInput(first, Optional.of(Objects.requireNonNull(second, "second")));
    }
}
