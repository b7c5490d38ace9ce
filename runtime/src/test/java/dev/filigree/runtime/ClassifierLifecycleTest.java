package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClassifierLifecycleTest {
    private static final Model MODEL = TinyModels.of(TinyModels.SENTIMENT, Pooling.MEAN, 3);

    @Test
    void useAfterCloseIsRefused() {
        Classifier classifier = Classifier.builder().open(MODEL);
        classifier.close();
        classifier.close();
        assertThatThrownBy(() -> classifier.classify("good")).isInstanceOf(ClosedClassifierException.class);
        assertThatThrownBy(() -> classifier.classifyAsync(List.of(TextInput.of("good")), Runnable::run).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(ClosedClassifierException.class);
    }

    @Test
    void closeWaitsForCallsInFlightAndRefusesNewOnes() throws Exception {
        Gate gate = new Gate();
        AtomicInteger released = new AtomicInteger();
        RunningModel running = new RunningModel(MODEL, new WordPieceTokenizer(MODEL.tokenizer()),
                new Providers.Loaded(gate, gate.load(MODEL, 1)), released::incrementAndGet);
        Classifier classifier = new Classifier(running, Optional.empty(), Optional.empty());
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            Future<Classification> call = threads.submit(() -> classifier.classify("good"));
            gate.entered.await();
            Thread closer = new Thread(classifier::close);
            closer.start();
            // A closing thread parks until the call is through; nothing else makes it wait.
            while (closer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(gate.closed).hasValue(0);
            assertThat(released).hasValue(0);
            assertThatThrownBy(() -> classifier.classify("bad")).isInstanceOf(ClosedClassifierException.class);

            gate.open.countDown();
            assertThat(call.get().labels()).hasSize(2);
            closer.join();
            classifier.close();
            assertThat(gate.closed).hasValue(1);
            assertThat(released).hasValue(1);
        }
    }

    @Test
    void threadsShareAClassifierUntilItIsClosedUnderThem() throws Exception {
        int count = 4;
        Classifier classifier = Classifier.builder().threads(2).open(MODEL);
        List<String> texts = List.of("good", "not good at all", "bad, bad, bad", "");
        List<float[]> expected = texts.stream().map(text -> classifier.classify(text).logits()).toList();
        CyclicBarrier start = new CyclicBarrier(count);
        CountDownLatch warm = new CountDownLatch(count);
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            List<Future<Integer>> callers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int mine = i;
                callers.add(threads.submit(() -> {
                    start.await();
                    for (int calls = 0;; calls++) {
                        try {
                            assertThat(classifier.classify(texts.get(mine)).logits()).isEqualTo(expected.get(mine));
                            if (calls == 50) {
                                warm.countDown();
                            }
                        } catch (ClosedClassifierException e) {
                            return calls;
                        }
                    }
                }));
            }
            assertThat(awaitOrFailure(warm, callers)).isTrue();
            classifier.close();
            for (Future<Integer> caller : callers) {
                assertThat(caller.get()).isPositive();
            }
        }
    }

    private static boolean awaitOrFailure(CountDownLatch warm, List<Future<Integer>> callers) throws Exception {
        while (!warm.await(10, TimeUnit.MILLISECONDS)) {
            for (Future<Integer> caller : callers) {
                if (caller.state() == Future.State.FAILED) {
                    throw new ExecutionException(caller.exceptionNow());
                }
            }
        }
        return true;
    }

    @Test
    void aCallThatTheExecutorStartsAfterCloseFails() {
        Classifier classifier = Classifier.builder().open(MODEL);
        List<Runnable> queue = new ArrayList<>();
        CompletableFuture<List<Classification>> late = classifier.classifyAsync(List.of(TextInput.of("good")), queue::add);
        classifier.close();
        queue.forEach(Runnable::run);
        assertThatThrownBy(late::join).hasCauseInstanceOf(ClosedClassifierException.class);
    }

    @Test
    void helpersComeFromTheCallersExecutor() throws Exception {
        List<Thread> helpers = new CopyOnWriteArrayList<>();
        try (ExecutorService pool = Executors.newCachedThreadPool();
                Classifier alone = Classifier.builder().provider("vector").open(MODEL)) {
            Executor counting = task -> pool.execute(() -> {
                helpers.add(Thread.currentThread());
                task.run();
            });
            try (Classifier helped = Classifier.builder().provider("vector").threads(2).executor(counting).open(MODEL)) {
                assertThat(helped.classify("not good at all").logits()).isEqualTo(alone.classify("not good at all").logits());
            }
            assertThat(pool.isShutdown()).isFalse();
        }
        assertThat(helpers).isNotEmpty().doesNotContain(Thread.currentThread());
    }

    @Test
    void aFailedOpenFreesTheModel() {
        AtomicInteger released = new AtomicInteger();
        assertThatThrownBy(() -> Classifier.builder().provider("abacus").open(MODEL, released::incrementAndGet))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(released).hasValue(1);
    }

    /** A provider whose program holds every call until the gate is opened. */
    private static final class Gate implements KernelProvider {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);
        private final AtomicInteger closed = new AtomicInteger();

        @Override
        public String name() {
            return "gate";
        }

        @Override
        public Optional<String> refusal(Model model) {
            return Optional.empty();
        }

        @Override
        public EncoderProgram load(Model model, Threads threads) {
            return new EncoderProgram() {
                @Override
                public float[] logits(TokenBatch batch) {
                    entered.countDown();
                    try {
                        open.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    assertThat(closed).as("closed under a call").hasValue(0);
                    return new float[2 * batch.sequences()];
                }

                @Override
                public float[] hiddenStates(TokenBatch batch) {
                    throw new AssertionError("Classifying needs no hidden states.");
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        }
    }
}
