package dev.filigree.tests.bench;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.tests.bench.Interleaved.Work;
import dev.filigree.tests.bench.peer.FiligreePeer;
import dev.filigree.tests.bench.report.BenchReport.TextCase;
import java.util.ArrayList;
import java.util.List;

/** From text to labels, beside the encoder and the tokenizer alone on the same texts. */
final class TextBench {
    private static final String SHORT_SENTENCE = "I could not put it down.";
    private static final int TEXTS = 32;

    private TextBench() {}

    static List<TextCase> measure(FiligreePeer engine, int threads, BenchPlan plan) {
        List<TextCase> cases = new ArrayList<>();
        cases.add(measure(engine, "one short sentence", List.of(TextInput.of(SHORT_SENTENCE)), threads, plan));
        cases.add(measure(engine, TEXTS + " sentences of the sample", Inputs.sentences(TEXTS), threads, plan));
        return cases;
    }

    /** What nobody looked at the compiler might not compute. */
    private static void tokenize(Classifier classifier, List<TextInput> texts) {
        int tokens = 0;
        for (TextInput text : texts) {
            tokens += classifier.tokenizer().encode(text.first()).ids().length;
        }
        if (tokens == 0) {
            throw new IllegalStateException("Texts have tokens.");
        }
    }

    private static TextCase measure(FiligreePeer engine, String input, List<TextInput> texts, int threads, BenchPlan plan) {
        Classifier classifier = engine.classifier();
        TokenBatch tokens = Inputs.tokens(classifier.model(), texts);
        List<Work> works = List.of(
                new Work("text to labels", () -> classifier.classify(texts)),
                new Work("encoder", () -> engine.run(tokens)),
                new Work("tokenizer", () -> tokenize(classifier, texts)));
        return new TextCase(engine.name(), input, tokens.tokens(), threads, Interleaved.hot(works, plan.rounds(), plan.warmupNanos()));
    }
}
