package dev.filigree.server.model;

import dev.filigree.format.ModelFile;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A packed file, run by the runtime. Thread-safe. */
record PackedModel(ModelFile file, Classifier classifier, ModelFacts facts, Pace pace) implements TextClassifier {
    /** What an event loop's other duties can wait for. */
    private static final Duration QUICK = Duration.ofMillis(10);

    /**
     * Loads packed files: from a copy of their own, so that what is written over a file cannot reach the model that it has become; with
     * every checksum and golden example checked; and warm.
     *
     * @param provider kernel provider, {@code auto} for the fastest
     * @param threads threads one call may use
     * @param warmUpCalls how often a model is asked something before it serves
     */
    record Loader(String provider, int threads, int warmUpCalls) implements ModelLoader {
        @Override
        public TextClassifier load(Path path, BooleanSupplier stopped) throws IOException {
            ModelFile file = ModelFile.openCopy(path);
            PackedModel model;
            try {
                Classifier classifier = Classifier.builder().provider(provider).threads(threads).open(file.model());
                model = new PackedModel(file, classifier, ModelFacts.of(file, classifier), new Pace());
            } catch (RuntimeException | Error e) {
                file.close();
                throw e;
            }
            try {
                WarmUp.run(model, warmUpCalls, stopped);
                return model;
            } catch (RuntimeException | Error e) {
                model.close();
                throw e;
            }
        }
    }

    @Override
    public List<TokenizedText> tokenize(List<TextInput> inputs) {
        return classifier.tokenize(inputs);
    }

    @Override
    public int efficientTokens() {
        return classifier.program().efficientTokens();
    }

    @Override
    public int quickTokens() {
        return pace.tokensWithin(QUICK);
    }

    @Override
    public List<Classification> classify(List<TokenizedText> texts) {
        long start = System.nanoTime();
        List<Classification> answers = classifier.classifyTokens(texts);
        pace.took(answers.stream().mapToInt(Classification::tokens).sum(), System.nanoTime() - start);
        return answers;
    }

    @Override
    public void close() {
        classifier.close();
        file.close();
    }
}
