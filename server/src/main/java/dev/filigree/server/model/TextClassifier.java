package dev.filigree.server.model;

import dev.filigree.runtime.InvalidInputException;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.server.batch.BatchModel;
import java.util.List;

/** What the server asks of a model. Thread-safe. */
public interface TextClassifier extends BatchModel, AutoCloseable {
    /**
     * Tokenizes inputs.
     *
     * @throws InvalidInputException when an input does not fit the model
     */
    List<TokenizedText> tokenize(List<TextInput> inputs);

    /** What it is. */
    ModelFacts facts();

    /** Waits for the calls in flight and frees what the model holds. */
    @Override
    default void close() {}
}
