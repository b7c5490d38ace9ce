package dev.filigree.server.batch;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;

/** What a batcher asks of a model. Thread-safe. */
public interface BatchModel {
    /** So many tokens make a good batch: more would only take longer. */
    int efficientTokens();

    /**
     * So many tokens take so little time that a thread with other duties can compute them; 0 when no call is quick enough.
     */
    int quickTokens();

    /** One answer for each text, in order; an answer does not depend on the other texts. */
    List<Classification> classify(List<TokenizedText> texts);
}
