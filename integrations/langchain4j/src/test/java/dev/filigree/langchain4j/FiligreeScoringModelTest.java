package dev.filigree.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.ClosedClassifierException;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.TinyModels;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AsyncNotSupportedException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.request.ScoringRequestParameters;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiligreeScoringModelTest {
    private static final String QUERY = "is it good";
    private static final List<TextSegment> SEGMENTS = PackedFiles.TEXTS.stream().map(TextSegment::from).toList();

    @TempDir
    Path folder;

    private Path regression;
    private Path labels;

    @BeforeEach
    void pack() {
        regression = PackedFiles.write(TinyModels.SIMILARITY, folder);
        labels = PackedFiles.write(TinyModels.ENTAILMENT, folder);
    }

    /** The classifier's own scores, the query first in each pair. */
    private static List<Double> scores(Classifier classifier, int index) {
        List<Classification> answers = classifier.classify(PackedFiles.TEXTS.stream().map(text -> TextInput.of(QUERY, text)).toList());
        return answers.stream().map(answer -> (double) answer.scores()[index]).toList();
    }

    @Test
    void aRegressionScoresByItsValue() throws Exception {
        try (FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).build();
                Classifier classifier = Classifier.open(regression)) {
            assertThat(model.scoreAll(SEGMENTS, QUERY).content()).isEqualTo(scores(classifier, 0));
            assertThat(model.score("bad", QUERY).content()).isEqualTo(classifier.classify(QUERY, "bad").score());
            assertThat(model.scoreAll(List.of(), QUERY).content()).isEmpty();
            assertThat(model.modelName()).isEqualTo("similarity");
        }
    }

    @Test
    void aClassificationScoresByTheProbabilityOfALabel() throws Exception {
        try (FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(labels).label("no").build();
                Classifier classifier = Classifier.open(labels)) {
            assertThat(model.scoreAll(SEGMENTS, QUERY).content()).isEqualTo(scores(classifier, 1));
        }
    }

    @Test
    void tokensAreCountedWithoutSpecialOnes() {
        try (FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).build()) {
            Response<List<Double>> response =
                    model.scoreAll(List.of(TextSegment.from("not good"), TextSegment.from("bad")), "good not bad");
            assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(3 + 2 + 3 + 1);
        }
    }

    @Test
    void aClassifierThatWasGivenStaysOpenAndOneOfItsOwnIsClosed() throws Exception {
        try (Classifier classifier = Classifier.builder().provider("reference").open(regression)) {
            FiligreeScoringModel model = FiligreeScoringModel.builder().classifier(classifier).modelName("mine").build();
            assertThat(model.scoreAll(SEGMENTS, QUERY).content()).isEqualTo(scores(classifier, 0));
            assertThat(model.modelName()).isEqualTo("mine");
            model.close();
            assertThat(scores(classifier, 0)).hasSameSizeAs(SEGMENTS);
        }
        FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).build();
        model.close();
        assertThatThrownBy(() -> model.score("good", QUERY)).isInstanceOf(ClosedClassifierException.class);
    }

    @Test
    void asynchronousCallsRunOnTheExecutorAndOnNoOther() throws Exception {
        ScoringRequest request = ScoringRequest.builder().documents(PackedFiles.TEXTS).query(QUERY).build();
        try (ExecutorService threads = Executors.newSingleThreadExecutor();
                FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).executor(threads).build();
                Classifier classifier = Classifier.open(regression)) {
            ScoringResponse response = model.scoreAsync(request).get();
            assertThat(response.scores()).isEqualTo(scores(classifier, 0));
            assertThat(response.modelName()).isEqualTo("similarity");
            assertThat(response.tokenUsage()).isEqualTo(model.scoreAll(SEGMENTS, QUERY).tokenUsage());
            ScoringRequest other = ScoringRequest.builder().documents(PackedFiles.TEXTS).query(QUERY)
                    .parameters(ScoringRequestParameters.builder().modelName("other").build()).build();
            assertThat(model.scoreAsync(other)).failsWithin(Duration.ZERO).withThrowableThat()
                    .withCauseInstanceOf(UnsupportedFeatureException.class).withMessageContaining("leave other out of the request");
        }
        try (FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).build()) {
            assertThat(model.scoreAsync(request)).failsWithin(Duration.ZERO).withThrowableThat()
                    .withCauseInstanceOf(AsyncNotSupportedException.class);
        }
    }

    @Test
    void threadsShareIt() throws Exception {
        try (FiligreeScoringModel model = FiligreeScoringModel.builder().modelPath(regression).build();
                Classifier classifier = Classifier.open(regression)) {
            List<Double> expected = scores(classifier, 0);
            PackedFiles.together(() -> {
                for (int round = 0; round < 50; round++) {
                    assertThat(model.scoreAll(SEGMENTS, QUERY).content()).isEqualTo(expected);
                }
                return null;
            });
        }
    }

    @Test
    void modelsThatGiveNoScoreAreRefused() throws Exception {
        Path single = PackedFiles.write(TinyModels.SENTIMENT, folder);
        assertThatThrownBy(() -> FiligreeScoringModel.builder().modelPath(single).build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A scoring model compares a text with a query, but task sentiment takes single texts: take a model of pairs.");
        assertThatThrownBy(() -> FiligreeScoringModel.builder().modelPath(labels).build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The score is the probability of one label of task entailment: give label one of [yes, no, maybe].");
        assertThatThrownBy(() -> FiligreeScoringModel.builder().modelPath(labels).label("perhaps").build())
                .hasMessageEndingWith("give label one of [yes, no, maybe], not \"perhaps\".");
        assertThatThrownBy(() -> FiligreeScoringModel.builder().modelPath(regression).label("similarity").build())
                .hasMessage("Task similarity gives one value, which is the score: leave out the label \"similarity\".");
        assertThatThrownBy(() -> FiligreeScoringModel.builder().build()).hasMessageEndingWith("either modelPath or classifier.");
        Path absent = folder.resolve("absent.filigree");
        assertThatThrownBy(() -> FiligreeScoringModel.builder().modelPath(absent).build()).isInstanceOf(UncheckedIOException.class);
        try (Classifier classifier = Classifier.open(single)) {
            assertThatThrownBy(() -> FiligreeScoringModel.builder().classifier(classifier).build())
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(classifier.classify("good").tokens()).isEqualTo(3);
        }
    }
}
