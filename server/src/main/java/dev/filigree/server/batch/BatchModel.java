package dev.filigree.server.batch;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;

/** What a batcher asks of a model. Thread-safe. */
@FunctionalInterface
public interface BatchModel {
    /** One answer for each text, in order; an answer does not depend on the other texts. */
    List<Classification> classify(List<TokenizedText> texts);
}
