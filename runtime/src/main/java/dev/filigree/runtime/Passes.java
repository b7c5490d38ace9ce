package dev.filigree.runtime;

import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.ArrayList;
import java.util.List;

/**
 * A call's way through a model: its texts, in as many passes as their tokens need. For one call and one thread. What the kinds of calls
 * differ in are methods and not lambdas, for each of which a new JVM would have to generate a class before its first answer.
 *
 * @param <T> what each text becomes
 */
abstract class Passes<T> {
    private final int count;

    /** A call about so many texts. */
    Passes(int count) {
        this.count = count;
    }

    /** Texts of the call. */
    final int count() {
        return count;
    }

    /** What the call throws when the model is closed. */
    abstract RuntimeException closed();

    /** Refuses what the model does not take, before anything is computed. */
    void check() {}

    /** A text, asked for once. */
    abstract TokenizedText text(int index);

    /** Sends a pass through the model. */
    abstract EncoderProgram.Pending begin(TokenBatch batch);

    /**
     * Adds an answer for each text of a pass.
     *
     * @param outputs row-major {@code [texts, width]}
     */
    abstract void add(List<TokenizedText> texts, float[] outputs, List<T> answers);

    /** Makes the call on a model that stays open. */
    final List<T> run(CallWatch watch) {
        check();
        List<T> answers = new ArrayList<>(count);
        List<TokenizedText> part = nextPart(0, watch);
        while (!part.isEmpty()) {
            try (EncoderProgram.Pending pending = begin(TokenBatch.of(part))) {
                watch.computed();
                // Tokenized while a device works on the part before.
                List<TokenizedText> following = nextPart(answers.size() + part.size(), watch);
                add(part, pending.outputs(), answers);
                part = following;
            }
            watch.computed();
        }
        return answers;
    }

    /** The texts from {@code first} on that go through the model together; none at the end. */
    private List<TokenizedText> nextPart(int first, CallWatch watch) {
        List<TokenizedText> part = new ArrayList<>();
        int tokens = 0;
        for (int i = first; i < count && tokens < Classifier.TOKENS_PER_PASS; i++) {
            TokenizedText text = text(i);
            part.add(text);
            tokens += text.ids().length;
        }
        watch.tokenized(part);
        return part;
    }
}
