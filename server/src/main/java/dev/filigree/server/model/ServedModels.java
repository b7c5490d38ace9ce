package dev.filigree.server.model;

import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.server.http.ApiException;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The models a server answers with, by name. Immutable and thread-safe. */
public final class ServedModels implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedModels.class);

    private final Map<String, TextClassifier> byName;

    private ServedModels(Map<String, TextClassifier> byName) {
        if (byName.isEmpty()) {
            throw new IllegalArgumentException("There is no model to serve.");
        }
        this.byName = byName;
    }

    /** Serves models that are already there, at least one; they are closed with this. */
    public static ServedModels of(Map<String, ? extends TextClassifier> byName) {
        return new ServedModels(new LinkedHashMap<>(byName));
    }

    /**
     * Opens every file; when one is refused, those already open are closed again.
     *
     * @param files model files by the name they are served under, at least one
     * @param provider kernel provider, {@code auto} for the fastest
     * @param threads threads one call may use
     * @throws ModelFormatException when a file is refused
     */
    public static ServedModels open(Map<String, Path> files, String provider, int threads) throws ModelFormatException {
        Map<String, TextClassifier> opened = new LinkedHashMap<>();
        boolean complete = false;
        try {
            for (Map.Entry<String, Path> file : files.entrySet()) {
                Classifier classifier = Classifier.builder().provider(provider).threads(threads).open(file.getValue());
                LOG.info("Model {} is {}, run by the {} kernels.", file.getKey(), file.getValue(), classifier.provider());
                opened.put(file.getKey(), new PackedModel(classifier));
            }
            complete = true;
        } finally {
            if (!complete) {
                opened.values().forEach(TextClassifier::close);
            }
        }
        return new ServedModels(opened);
    }

    /** A model with its name. */
    public record Named(String name, TextClassifier classifier) {}

    /**
     * The model a request means.
     *
     * @throws ApiException when there is none of that name, or none was named and there are several
     */
    public Named find(Optional<String> name) {
        if (name.isEmpty() && byName.size() > 1) {
            throw ApiException.badRequest("missing_field", "Several models are served: name one of " + names() + " in 'model'.");
        }
        String wanted = name.orElseGet(() -> byName.keySet().iterator().next());
        TextClassifier classifier = byName.get(wanted);
        if (classifier == null) {
            throw new ApiException(
                    HttpResponseStatus.NOT_FOUND, "unknown_model", "There is no model '" + wanted + "': served are " + names() + ".");
        }
        return new Named(wanted, classifier);
    }

    private String names() {
        return String.join(", ", byName.keySet());
    }

    @Override
    public void close() {
        byName.values().forEach(TextClassifier::close);
    }

    private record PackedModel(Classifier classifier) implements TextClassifier {
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
        }
    }
}
