package dev.filigree.server.model;

import dev.filigree.format.ModelFile;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A packed file, run by the runtime. Thread-safe. */
record PackedModel(ModelFile file, Classifier classifier, ModelFacts facts) implements TextClassifier {
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
                model = new PackedModel(file, classifier, ModelFacts.of(file, classifier));
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
    public List<Classification> classify(List<TokenizedText> texts) {
        return classifier.classifyTokens(texts);
    }

    @Override
    public void close() {
        classifier.close();
        file.close();
    }
}
