package dev.filigree.server;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.TextInput;
import java.util.List;

/** What the server asks of a model. Thread-safe. */
@FunctionalInterface
public interface TextClassifier extends AutoCloseable {
    /**
     * Classifies inputs.
     *
     * @return one answer for each input, in order
     * @throws InvalidInputException when an input does not fit the model; anything else thrown counts as a fault of the server
     */
    List<Classification> classify(List<TextInput> inputs);

    /** Waits for the calls in flight and frees what the model holds. */
    @Override
    default void close() {}
}
