package dev.filigree.server.model;

import dev.filigree.runtime.TextInput;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Asks a model a number of things before anybody else does, so that the first request finds its code compiled, its buffers allocated and
 * its graphs recorded: single texts and small batches, of about 4 tokens, 8, 16, and so on to the most that the model takes.
 */
final class WarmUp {
    private static final String SENTENCE = "A reader of 42 asked: was Müller's second film, shown in São Paulo, any better? ";
    private static final int CHARACTERS_PER_TOKEN = 4;
    private static final int SHORTEST = 4;
    private static final int BATCH = 4;

    private WarmUp() {}

    /**
     * Asks.
     *
     * @param calls how often
     * @param stopped whether there is no more need for it
     */
    static void run(TextClassifier model, int calls, BooleanSupplier stopped) {
        List<Integer> lengths = Stream.iterate(SHORTEST, length -> length < 2 * model.facts().maxTokens(), length -> 2 * length).toList();
        for (int call = 0; call < calls && !stopped.getAsBoolean(); call++) {
            TextInput input = input(lengths.get(call % lengths.size()), model.facts().pairs());
            int texts = call / lengths.size() % 2 == 0 ? 1 : BATCH;
            model.classify(model.tokenize(Collections.nCopies(texts, input)));
        }
    }

    /** A text of about so many tokens, of which the model drops what is too many. */
    private static TextInput input(int tokens, boolean pair) {
        int characters = tokens * CHARACTERS_PER_TOKEN;
        String text = SENTENCE.repeat(Math.ceilDiv(characters, SENTENCE.length())).substring(0, characters);
        return pair ? TextInput.of(text, text) : TextInput.of(text);
    }
}
