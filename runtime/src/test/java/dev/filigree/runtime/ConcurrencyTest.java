package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Model;
import dev.filigree.format.ModelFormatException;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a service may do to a model: call it from many threads, interrupt them, and close it under them. */
@Timeout(120)
class ConcurrencyTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3);
    private static final List<String> TEXTS = List.of("good", "not good at all", "bad, bad, bad", "", "good ".repeat(40));
    private static final int CALLERS = 64;

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("model.filigree");
        ModelWriter.write(MODEL, file);
    }

    @ParameterizedTest
    @CsvSource({"cpu, 1", "cpu, 3", "vector, 2", "reference, 1"})
    void manyThreadsSomeOfThemInterruptedUseAModelUntilItIsClosed(String provider, int threads) throws Exception {
        Classifier classifier = Classifier.builder().provider(provider).threads(threads).open(file);
        Encoder encoder = Encoder.builder().provider(provider).threads(threads).open(file);
        List<float[]> logits = TEXTS.stream().map(text -> classifier.classify(text).logits()).toList();
        List<float[]> embeddings = encoder.embed(TEXTS);
        CyclicBarrier start = new CyclicBarrier(CALLERS);
        AtomicInteger answered = new AtomicInteger();
        try (ExecutorService pool = Executors.newFixedThreadPool(CALLERS)) {
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                int caller = i;
                callers.add(pool.submit(() -> {
                    start.await();
                    for (int call = caller;; call++) {
                        int text = call % TEXTS.size();
                        boolean interrupted = call % 3 == 0;
                        if (interrupted) {
                            Thread.currentThread().interrupt();
                        }
                        try {
                            assertThat(classifier.classify(TEXTS.get(text)).logits()).isEqualTo(logits.get(text));
                            assertThat(encoder.embed(TEXTS.get(text))).isEqualTo(embeddings.get(text));
                        } catch (ClosedClassifierException | ClosedEncoderException e) {
                            return null;
                        } finally {
                            assertThat(Thread.interrupted()).as("interrupted").isEqualTo(interrupted);
                        }
                        if (answered.incrementAndGet() == 4 * CALLERS) {
                            // Some close it while others are in the middle of a call; this thread is then told that it is closed.
                            new Thread(classifier::close).start();
                            classifier.close();
                            encoder.close();
                        }
                    }
                }));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        }
        assertThat(answered.get()).isGreaterThanOrEqualTo(4 * CALLERS);
    }

    @Test
    void anInterruptedThreadOpensStreamsAndIsToldWhyNotFiles() throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        Thread.currentThread().interrupt();
        try (Classifier classifier = Classifier.open(new ByteArrayInputStream(bytes))) {
            assertThat(classifier.classify("good").labels()).hasSize(2);
            assertThatThrownBy(() -> Classifier.open(file))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageEndingWith("the file cannot be read: the thread was interrupted.");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        Classifier.open(file).close();
    }
}
