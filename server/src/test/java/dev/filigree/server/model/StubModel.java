package dev.filigree.server.model;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A model that only knows how often it was asked, and whether it is closed. */
final class StubModel implements TextClassifier {
    static final List<String> LABELS = List.of("negative", "positive");

    final AtomicInteger calls = new AtomicInteger();
    final CountDownLatch closed = new CountDownLatch(1);
    private final ModelFacts facts;

    StubModel(ModelFacts facts) {
        this.facts = facts;
    }

    StubModel(String task) {
        this(facts(task, LABELS, false, false));
    }

    static ModelFacts facts(String task, List<String> labels, boolean regression, boolean pairs) {
        return new ModelFacts(1, task, labels, regression, pairs, 64, "dense", "stub");
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public ModelFacts facts() {
        return facts;
    }

    @Override
    public int efficientTokens() {
        return 256;
    }

    @Override
    public int quickTokens() {
        return 0;
    }

    @Override
    public List<TokenizedText> tokenize(List<TextInput> inputs) {
        return inputs.stream().map(input -> new TokenizedText(new int[input.first().length()], new int[0], false)).toList();
    }

    @Override
    public List<Classification> classify(List<TokenizedText> texts) {
        calls.incrementAndGet();
        return List.of();
    }

    @Override
    public void close() {
        if (isClosed()) {
            throw new AssertionError("closed twice");
        }
        closed.countDown();
    }
}
