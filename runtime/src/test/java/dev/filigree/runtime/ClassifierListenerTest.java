package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class ClassifierListenerTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3);

    /** Keeps what it is told. */
    private static class Notes implements ClassifierListener {
        final List<CallTimings> completed = new ArrayList<>();
        final List<String> failed = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();

        @Override
        public void completed(CallTimings call) {
            completed.add(call);
            threads.add(Thread.currentThread());
        }

        @Override
        public void failed(int texts, RuntimeException why) {
            failed.add(texts + " " + why.getClass().getSimpleName());
            threads.add(Thread.currentThread());
        }
    }

    @Test
    void isToldOfEveryCallAndOfNoGoldenExample() {
        Notes notes = new Notes();
        float[] logits;
        try (Classifier classifier = Classifier.builder().open(MODEL)) {
            logits = classifier.classify("good").logits();
        }
        Model golden = TinyModels.with(MODEL, List.of(new GoldenExample("good", Optional.empty(), logits)));
        Executor elsewhere = task -> {
            Thread thread = new Thread(task, "elsewhere");
            thread.start();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        Classifier classifier = Classifier.builder().listener(notes).executor(elsewhere).open(golden);
        assertThat(notes.completed).isEmpty();
        long before = System.nanoTime();
        classifier.classify(List.of(TextInput.of("good"), TextInput.of("good ".repeat(100))));
        long took = System.nanoTime() - before;
        classifier.classifyTokens(classifier.tokenize(List.of(TextInput.of("not bad"))));
        assertThatThrownBy(() -> classifier.classify("good", "bad")).isInstanceOf(InvalidInputException.class);
        classifier.classifyAsync(List.of(TextInput.of("bad"))).join();
        classifier.close();
        assertThatThrownBy(() -> classifier.classify("good")).isInstanceOf(ClosedClassifierException.class);

        assertThat(notes.completed).extracting(CallTimings::texts).containsExactly(2, 1, 1);
        assertThat(notes.completed).extracting(CallTimings::tokens).containsExactly(3 + TinyModels.MAX_TOKENS, 4, 3);
        assertThat(notes.completed).extracting(CallTimings::truncated).containsExactly(1, 0, 0);
        assertThat(notes.failed).containsExactly("1 InvalidInputException", "1 ClosedClassifierException");
        assertThat(notes.threads).extracting(Thread::getName).filteredOn("elsewhere"::equals).hasSize(1);
        CallTimings first = notes.completed.getFirst();
        assertThat(first.tokenizeNanos()).isPositive();
        assertThat(first.computeNanos()).isPositive();
        assertThat(first.tokenizeNanos() + first.computeNanos()).isLessThanOrEqualTo(first.totalNanos());
        assertThat(first.totalNanos()).isLessThanOrEqualTo(took);
    }

    @Test
    void isToldOfEmbeddingsToo() {
        Notes notes = new Notes();
        try (Encoder encoder = Encoder.builder().listener(notes).open(MODEL)) {
            encoder.embed(List.of("good", "not bad"));
        }
        assertThat(notes.completed).hasSize(1);
        assertThat(notes.completed.getFirst().texts()).isEqualTo(2);
        assertThat(notes.completed.getFirst().tokens()).isEqualTo(7);
    }

    @Test
    void whatItThrowsReachesNoCaller() {
        ClassifierListener angry = new ClassifierListener() {
            @Override
            public void completed(CallTimings call) {
                throw new AssertionError("a listener that fails");
            }

            @Override
            public void failed(int texts, RuntimeException why) {
                throw new IllegalStateException("a listener that fails");
            }
        };
        try (Classifier classifier = Classifier.builder().listener(angry).open(MODEL)) {
            assertThat(classifier.classify("good").labels()).hasSize(2);
            assertThatThrownBy(() -> classifier.classify("good", "bad")).isInstanceOf(InvalidInputException.class);
        }
    }

    @Test
    void mayCloseTheModel() {
        List<Classifier> opened = new ArrayList<>();
        ClassifierListener once = new ClassifierListener() {
            @Override
            public void completed(CallTimings call) {
                opened.forEach(Classifier::close);
            }
        };
        Classifier classifier = Classifier.builder().listener(once).open(MODEL);
        opened.add(classifier);
        assertThat(classifier.classify("good").labels()).hasSize(2);
        assertThatThrownBy(() -> classifier.classify("good")).isInstanceOf(ClosedClassifierException.class);
    }
}
