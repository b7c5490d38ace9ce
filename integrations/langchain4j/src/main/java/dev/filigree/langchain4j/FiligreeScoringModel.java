package dev.filigree.langchain4j;

import dev.filigree.format.Task;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Scores texts against a query with a packed model of pairs (the query is the first text of each), in the process: the value of a
 * regression, or the probability of one label. The texts of a call are computed together, and a pair longer than the model's longest
 * sequence is cut. Tokens are counted without {@code [CLS]} and {@code [SEP]}, as LangChain4j's own in-process models count them.
 * Immutable and thread-safe.
 */
public final class FiligreeScoringModel implements ScoringModel, AutoCloseable {
    /** {@code [CLS]} and two {@code [SEP]}. */
    private static final int SPECIAL_TOKENS = 3;

    private final InProcess<Classifier> inProcess;
    /** Which of a classification's scores. */
    private final int index;

    private FiligreeScoringModel(InProcess<Classifier> inProcess, int index) {
        this.inProcess = inProcess;
        this.index = index;
    }

    /** Settings, of which either {@code modelPath} or {@code classifier} is required, and {@code label} where the model has labels. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Scores on the calling thread.
     *
     * @throws dev.filigree.runtime.ClosedClassifierException after {@link #close}
     */
    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        List<Classification> answers = answers(segments.stream().map(TextSegment::text).toList(), query);
        return Response.from(scores(answers), tokens(answers));
    }

    /** Scores on the builder's executor. Without one the future fails, as LangChain4j has it for models that only block. */
    @Override
    public CompletableFuture<ScoringResponse> doScoreAsync(ScoringRequest request) {
        if (request.modelName() != null && !request.modelName().equals(modelName())) {
            return CompletableFuture.failedFuture(new UnsupportedFeatureException(
                    "This scoring model is " + modelName() + " and no other: leave " + request.modelName() + " out of the request."));
        }
        return inProcess.later(() -> respond(request)).orElseGet(() -> ScoringModel.super.doScoreAsync(request));
    }

    private ScoringResponse respond(ScoringRequest request) {
        List<Classification> answers = answers(request.documents(), request.query());
        return ScoringResponse.builder().scores(scores(answers)).modelName(modelName()).tokenUsage(tokens(answers)).build();
    }

    private List<Classification> answers(List<String> texts, String query) {
        return inProcess.model().classify(texts.stream().map(text -> TextInput.of(query, text)).toList());
    }

    private List<Double> scores(List<Classification> answers) {
        return answers.stream().map(answer -> (double) answer.scores()[index]).toList();
    }

    private static TokenUsage tokens(List<Classification> answers) {
        return new TokenUsage(answers.stream().mapToInt(answer -> answer.tokens() - SPECIAL_TOKENS).sum());
    }

    /** The builder's; otherwise the file's name without {@code .filigree}. */
    public String modelName() {
        return inProcess.name();
    }

    /** Waits for the calls in flight, then frees the model. A classifier that the builder was given stays open: it is its owner's. */
    @Override
    public void close() {
        inProcess.close();
    }

    /** Settings of a scoring model. Not thread-safe. */
    public static final class Builder {
        private final InProcess.Builder<Classifier> inProcess = new InProcess.Builder<>("classifier", Classifier::open, Classifier::close);
        private Optional<String> label = Optional.empty();

        private Builder() {}

        /** Opens this packed file with the settings of {@link Classifier#open(Path)}: the machine's fastest provider, one thread a call. */
        public Builder modelPath(Path modelPath) {
            inProcess.path(modelPath);
            return this;
        }

        /** Takes a classifier that was opened with other settings, or serves others too. Who opened it closes it. */
        public Builder classifier(Classifier classifier) {
            inProcess.model(classifier);
            return this;
        }

        /** What responses and {@link #modelName()} call the model. */
        public Builder modelName(String modelName) {
            inProcess.name(modelName);
            return this;
        }

        /** Where {@code scoreAsync} scores. It is not shut down. */
        public Builder executor(Executor executor) {
            inProcess.executor(executor);
            return this;
        }

        /** The label whose probability is the score. A regression has none. */
        public Builder label(String label) {
            this.label = Optional.of(label);
            return this;
        }

        /**
         * Opens the model.
         *
         * @throws IllegalArgumentException when neither a path nor a classifier was given, or both were; when the model takes single texts;
         *     when the label is none of its labels, or is missing
         * @throws UncheckedIOException when the file is not a model this version can read
         * @throws dev.filigree.runtime.GoldenExampleException when the model does not give the logits its golden examples ask for
         */
        public FiligreeScoringModel build() {
            InProcess<Classifier> opened = inProcess.build();
            try {
                return new FiligreeScoringModel(opened, index(opened.model().model().task(), label));
            } catch (IllegalArgumentException e) {
                opened.close();
                throw e;
            }
        }

        private static int index(Task task, Optional<String> label) {
            if (!task.pairs()) {
                throw new IllegalArgumentException("A scoring model compares a text with a query, but task " + task.name()
                        + " takes single texts: take a model of pairs.");
            }
            if (task.regression()) {
                if (label.isPresent()) {
                    throw new IllegalArgumentException(
                            "Task " + task.name() + " gives one value, which is the score: leave out the label \"" + label.get() + "\".");
                }
                return 0;
            }
            return label.map(task.labels()::indexOf).filter(index -> index >= 0).orElseThrow(() -> new IllegalArgumentException(
                    "The score is the probability of one label of task " + task.name() + ": give label one of " + task.labels()
                            + label.map(given -> ", not \"" + given + "\".").orElse(".")));
        }
    }
}
