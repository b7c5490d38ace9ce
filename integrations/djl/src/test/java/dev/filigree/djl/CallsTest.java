package dev.filigree.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.StringPair;
import ai.djl.util.passthrough.PassthroughNDArray;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads, a closed model, and inputs that are none. */
class CallsTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 50;

    @TempDir
    Path folder;

    @Test
    void threadsShareAModelWithPredictorsOfTheirOwnOrWithOne() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<String, Classifications> shared = model.newPredictor();
                Classifier classifier = Classifier.open(file);
                ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            double[] expected = PackedFiles.TEXTS.stream().mapToDouble(text -> classifier.classify(text).score()).toArray();
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                boolean own = thread % 2 == 0;
                done.add(threads.submit(() -> {
                    try (Predictor<String, Classifications> mine = model.newPredictor()) {
                        Predictor<String, Classifications> predictor = own ? mine : shared;
                        for (int round = 0; round < ROUNDS; round++) {
                            assertThat(predictor.batchPredict(PackedFiles.TEXTS).stream()
                                    .mapToDouble(answer -> answer.best().getProbability()).toArray()).isEqualTo(expected);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
        }
    }

    @Test
    void closingWaitsForCallsAndRefusesTheNext() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
        double expected;
        try (Predictor<String, Classifications> predictor = model.newPredictor()) {
            expected = predictor.predict("good").best().getProbability();
        }
        CountDownLatch running = new CountDownLatch(THREADS);
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<String>> ends = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                ends.add(threads.submit(() -> predictUntilRefused(model, expected, running)));
            }
            running.await();
            model.close();
            for (Future<String> end : ends) {
                assertThat(end.get()).contains("closed");
            }
        }
        model.close();
    }

    private static String predictUntilRefused(ZooModel<String, Classifications> model, double expected, CountDownLatch running) {
        try (Predictor<String, Classifications> predictor = model.newPredictor()) {
            while (true) {
                assertThat(predictor.predict("good").best().getProbability()).isEqualTo(expected);
                running.countDown();
            }
        } catch (TranslateException e) {
            return e.getMessage();
        }
    }

    @Test
    void whatFailsSaysTheRuntimesSentence() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
        try (Predictor<String, Classifications> predictor = model.newPredictor()) {
            assertThatThrownBy(() -> predictor.predict(null)).isInstanceOf(TranslateException.class).hasMessageContaining("give a text");
            assertThatThrownBy(() -> predictor.batchPredict(Arrays.asList("good", null))).isInstanceOf(TranslateException.class)
                    .hasMessageContaining("give a text");
            model.close();
            assertThatThrownBy(() -> predictor.predict("good")).isInstanceOf(TranslateException.class)
                    .hasMessage("The model of " + file + " is closed: load it again.");
        }
        Path pairs = PackedFiles.write(TinyModels.SIMILARITY, folder);
        try (ZooModel<StringPair, Float> similarity = PackedFiles.load(StringPair.class, Float.class, pairs);
                Predictor<StringPair, Float> predictor = similarity.newPredictor()) {
            assertThatThrownBy(() -> predictor.predict(new StringPair("good", null))).isInstanceOf(TranslateException.class)
                    .hasMessageContaining("give a text");
        }
    }

    @Test
    void translatorsOfOtherEnginesAreToldWhatThisOneComputesOn() throws Exception {
        Path file = PackedFiles.write(TinyModels.SENTIMENT, folder);
        try (ZooModel<String, Classifications> model = PackedFiles.load(String.class, Classifications.class, file);
                Predictor<Object, NDList> predictor = model.newPredictor(new Passing())) {
            assertThatThrownBy(() -> predictor.predict(new int[] {101, 102})).isInstanceOf(TranslateException.class)
                    .hasMessageStartingWith("The engine Filigree computes on texts, not on arrays:");
            assertThat(predictor.predict("good").size()).isEqualTo(1);
        }
    }

    private static final class Passing implements NoBatchifyTranslator<Object, NDList> {
        @Override
        public NDList processInput(TranslatorContext ctx, Object input) {
            return new NDList(new PassthroughNDArray(input));
        }

        @Override
        public NDList processOutput(TranslatorContext ctx, NDList list) {
            return list;
        }
    }
}
