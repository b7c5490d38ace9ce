package dev.filigree.tests.bench;

import dev.filigree.format.Model;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Random;

/** What engines are given to do. */
final class Inputs {
    private static final long SEED = 17;
    private static final int CHECKED_TEXTS = 8;

    private Inputs() {}

    /** Sentences of the bundled sample. */
    static List<TextInput> sentences(int count) {
        try {
            return GlueData.sample().read(GlueTask.SST2, GlueSplit.DEV).examples().stream()
                    .map(Example::first)
                    .map(TextInput::of)
                    .limit(count)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Real sentences by which engines' answers are compared: some together, and one alone. */
    static List<TokenBatch> check(Model model) {
        List<TextInput> sentences = sentences(CHECKED_TEXTS);
        return List.of(tokens(model, sentences), tokens(model, sentences.subList(0, 1)));
    }

    /** The tokens of texts. */
    static TokenBatch tokens(Model model, List<TextInput> texts) {
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(model.tokenizer());
        return TokenBatch.of(texts.stream().map(text -> tokenizer.encode(text.first())).toList());
    }

    /**
     * Sequences of random tokens, all of one length.
     *
     * @throws IllegalArgumentException when the length is more than the model's
     */
    static TokenBatch random(Model model, int batch, int seq) {
        if (seq > model.shape().maxPositions()) {
            throw new IllegalArgumentException(
                    "A sequence of " + seq + " tokens is longer than the model's " + model.shape().maxPositions() + ".");
        }
        int[] ids = new Random(SEED).ints((long) batch * seq, 0, model.shape().vocabulary()).toArray();
        int[] offsets = new int[batch + 1];
        for (int i = 1; i <= batch; i++) {
            offsets[i] = i * seq;
        }
        return new TokenBatch(ids, new int[ids.length], offsets);
    }
}
