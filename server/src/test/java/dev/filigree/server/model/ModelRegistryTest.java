package dev.filigree.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.GoldenExampleException;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.server.http.ApiException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who holds a model, when it is replaced, and when it is closed. */
@Timeout(60)
class ModelRegistryTest {
    private static final Optional<String> A = Optional.of("a");

    /** Gives out models in turn, or throws; remembers what it gave. */
    private static final class Script implements ModelLoader {
        final Deque<Object> next = new ArrayDeque<>();
        final List<StubModel> loaded = new CopyOnWriteArrayList<>();
        /** A model that is loaded waits for this. */
        volatile CountDownLatch gate = new CountDownLatch(0);
        volatile CountDownLatch entered = new CountDownLatch(1);

        @Override
        public TextClassifier load(Path file, BooleanSupplier stopped) throws IOException {
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            switch (next.isEmpty() ? new StubModel("task") : next.remove()) {
                case IOException e -> throw e;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case StubModel model -> {
                    loaded.add(model);
                    return model;
                }
                default -> throw new AssertionError();
            }
        }
    }

    private final Script script = new Script();

    private ModelRegistry open(String... names) throws IOException {
        Map<String, Path> files = new LinkedHashMap<>();
        for (String name : names) {
            files.put(name, Path.of("/models", name + ".filigree"));
        }
        return ModelRegistry.open(ModelSettings.of(files), script);
    }

    @Test
    void aRequestKeepsItsVersionAndTheLastOneClosesIt() throws Exception {
        try (ModelRegistry registry = open("a")) {
            ModelLease first = registry.acquire(A);
            ModelLease second = registry.acquire(A);
            registry.reload("a").get();
            StubModel old = script.loaded.get(0);
            StubModel current = script.loaded.get(1);
            assertThat(first.classifier()).isSameAs(old);
            ModelLease third = registry.acquire(A);
            assertThat(third.classifier()).isSameAs(current);
            first.release();
            first.release();
            first.release();
            assertThat(second.classifier()).isSameAs(old);
            // Whatever closes a model does so on the thread that loads, which has nothing else to do before this.
            registry.reload("a").get();
            assertThat(old.isClosed()).isFalse();
            second.release();
            old.closed.await();
            assertThat(current.isClosed()).isFalse();
            third.release();
            current.closed.await();
        }
        assertThat(script.loaded).hasSize(3).allMatch(StubModel::isClosed);
    }

    @Test
    void noModelIsClosedWhileItIsLeasedThroughoutManyReloads() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (ModelRegistry registry = open("a"); ExecutorService requests = Executors.newCachedThreadPool()) {
            List<Future<Integer>> leased = IntStream.range(0, 8).mapToObj(_ -> requests.submit(() -> {
                int count = 0;
                while (!done.get()) {
                    ModelLease lease = registry.acquire(Optional.empty());
                    StubModel model = (StubModel) lease.classifier();
                    assertThat(model.isClosed()).isFalse();
                    model.classify(List.of());
                    assertThat(model.isClosed()).isFalse();
                    lease.release();
                    count++;
                }
                return count;
            })).toList();
            for (int i = 0; i < 2000; i++) {
                registry.reload("a").get();
            }
            done.set(true);
            for (Future<Integer> count : leased) {
                assertThat(count.get()).isPositive();
            }
            for (StubModel old : script.loaded.subList(0, 2000)) {
                old.closed.await();
            }
            assertThat(script.loaded.getLast().isClosed()).isFalse();
        }
        assertThat(script.loaded.getLast().isClosed()).isTrue();
    }

    static List<Throwable> failures() {
        return List.of(
                new IOException("/models/a.filigree: the file ends."),
                new GoldenExampleException("The golden examples come out wrong."),
                new ProviderRefusedException("No such processor."),
                new IllegalStateException("a kernel failed"),
                new OutOfMemoryError("Java heap space"),
                new StackOverflowError());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void badReloadLeavesTheOldOneServingAndSaysWhy(Throwable failure) throws Exception {
        try (ModelRegistry registry = open("a")) {
            script.next.add(failure);
            assertRefused(registry.reload("a"), 422, "bad_model", "/models/a.filigree");
            ModelStatus status = registry.find("a").orElseThrow();
            assertThat(status.state()).isEqualTo(ModelState.SERVING);
            assertThat(status.lastError().orElseThrow()).startsWith("/models/a.filigree: ").endsWith(".");
            ModelLease lease = registry.acquire(A);
            assertThat(lease.classifier()).isSameAs(script.loaded.getFirst());
            lease.release();
            assertThat(registry.reload("a").get().lastError()).isEmpty();
        }
    }

    private static void assertRefused(CompletableFuture<ModelStatus> reload, int status, String code, String part) {
        assertThatThrownBy(reload::get).isInstanceOf(ExecutionException.class).cause().isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.status().code()).isEqualTo(status);
            assertThat(e.code()).isEqualTo(code);
            assertThat(e).hasMessageContaining(part);
        });
    }

    static List<ModelFacts> otherSignatures() {
        return List.of(
                StubModel.facts("task", List.of("negative", "neutral", "positive"), false, false),
                StubModel.facts("task", List.of("positive", "negative"), false, false),
                StubModel.facts("task", StubModel.LABELS, false, true),
                StubModel.facts("task", List.of("score"), true, false));
    }

    @ParameterizedTest
    @MethodSource("otherSignatures")
    void badReloadThatTakesOrGivesOtherThings(ModelFacts other) throws Exception {
        try (ModelRegistry registry = open("a")) {
            StubModel unlike = new StubModel(other);
            script.next.add(unlike);
            assertRefused(registry.reload("a"), 422, "bad_model", "where model 'a' makes negative|positive of single texts");
            assertThat(unlike.isClosed()).isTrue();
            assertThat(registry.facts("a").labels()).isEqualTo(StubModel.LABELS);
        }
    }

    @Test
    void anotherTaskWithTheSameLabelsMayTakeItsPlace() throws Exception {
        try (ModelRegistry registry = open("a")) {
            script.next.add(new StubModel("reviews"));
            registry.reload("a").get();
            assertThat(registry.facts("a").task()).isEqualTo("reviews");
        }
    }

    @Test
    void twoReloadsAtOnce() throws Exception {
        try (ModelRegistry registry = open("a", "b")) {
            script.gate = new CountDownLatch(1);
            script.entered = new CountDownLatch(1);
            CompletableFuture<ModelStatus> running = registry.reload("a");
            script.entered.await();
            CompletableFuture<ModelStatus> other = registry.reload("b");
            assertThatThrownBy(() -> registry.reload("a")).isInstanceOfSatisfying(ApiException.class, e -> {
                assertThat(e.status().code()).isEqualTo(409);
                assertThat(e.code()).isEqualTo("reload_running");
            });
            assertThatThrownBy(() -> registry.reload("b")).isInstanceOf(ApiException.class);
            assertThat(registry.list()).extracting(ModelStatus::state).containsOnly(ModelState.RELOADING);
            assertThat(registry.isReady("a")).isTrue();
            script.gate.countDown();
            assertThat(running.get().state()).isEqualTo(ModelState.SERVING);
            assertThat(other.get().state()).isEqualTo(ModelState.SERVING);
            registry.reload("a").get();
        }
    }

    @Test
    void reloadDuringShutdown() throws Exception {
        ModelRegistry registry = open("a", "b");
        script.gate = new CountDownLatch(1);
        script.entered = new CountDownLatch(1);
        CompletableFuture<ModelStatus> running = registry.reload("a");
        script.entered.await();
        CompletableFuture<ModelStatus> waiting = registry.reload("b");
        Thread closing = Thread.ofPlatform().start(registry::close);
        while (closing.getState() != Thread.State.TIMED_WAITING && closing.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> registry.acquire(A)).isInstanceOf(ApiException.class).hasMessageContaining("stopping");
        assertThatThrownBy(() -> registry.reload("a")).isInstanceOf(ApiException.class);
        script.gate.countDown();
        closing.join();
        assertThat(running).isDone();
        assertRefused(waiting, 503, "stopping", "stopping");
        assertThat(script.loaded).hasSize(3).allMatch(StubModel::isClosed);
        assertThatThrownBy(() -> registry.reload("b")).isInstanceOf(ApiException.class).hasMessageContaining("stopping");
        registry.close();
    }

    @Test
    void closingWaitsForWhoStillUsesAModel() throws Exception {
        ModelRegistry registry = open("a");
        ModelLease current = registry.acquire(A);
        registry.reload("a").get();
        ModelLease newer = registry.acquire(A);
        Thread closing = Thread.ofPlatform().start(registry::close);
        while (closing.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThat(script.loaded).noneMatch(StubModel::isClosed);
        newer.release();
        current.release();
        closing.join();
        assertThat(script.loaded).hasSize(2).allMatch(StubModel::isClosed);
    }

    @Test
    void aBadFileAtTheStartClosesWhatWasLoadedBeforeIt() {
        script.next.add(new StubModel("task"));
        script.next.add(new IOException("/models/b.filigree: the file is empty."));
        assertThatThrownBy(() -> open("a", "b", "c")).isInstanceOf(IOException.class).hasMessage("/models/b.filigree: the file is empty.");
        assertThat(script.loaded).hasSize(1).allMatch(StubModel::isClosed);
    }

    @Test
    void whichModelARequestMeans() throws Exception {
        try (ModelRegistry one = open("a"); ModelRegistry two = open("a", "b")) {
            List<ModelLease> leases = List.of(one.acquire(Optional.empty()), one.acquire(A), two.acquire(Optional.of("b")));
            assertThat(leases).extracting(ModelLease::name).containsExactly("a", "a", "b");
            leases.forEach(ModelLease::release);
            assertThatThrownBy(() -> two.acquire(Optional.empty()))
                    .isInstanceOf(ApiException.class).hasMessage("Several models are served: name one of a, b in 'model'.");
            assertThatThrownBy(() -> two.acquire(Optional.of("c")))
                    .isInstanceOf(ApiException.class).hasMessage("There is no model 'c': served are a, b.");
            assertThatThrownBy(() -> two.reload("c")).isInstanceOf(ApiException.class).hasMessageContaining("no model 'c'");
            assertThat(two.isReady("b")).isTrue();
            assertThat(two.isReady("c")).isFalse();
        }
    }

    @Test
    void modelsWithoutFilesCannotBeReloaded() {
        StubModel model = new StubModel("task");
        try (ModelRegistry registry = ModelRegistry.of(Map.of("a", model))) {
            assertThatThrownBy(() -> registry.reload("a"))
                    .isInstanceOf(ApiException.class).hasMessageContaining("not loaded from a file");
            assertThat(registry.list()).singleElement().satisfies(status -> assertThat(status.file()).isEmpty());
        }
        assertThat(model.isClosed()).isTrue();
        assertThatThrownBy(() -> ModelRegistry.of(Map.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void warmUpAsksShortAndLongTextsAndBatches() {
        StubModel model = new StubModel("task");
        WarmUp.run(model, 12, () -> false);
        assertThat(model.calls).hasValue(12);
        WarmUp.run(model, 12, () -> true);
        assertThat(model.calls).hasValue(12);
    }

    @Test
    void settingsRefuseWhatMakesNoSense() {
        assertThatThrownBy(() -> new ModelSettings(Map.of(), Optional.empty(), Duration.ofSeconds(-1), "auto", 1, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ModelSettings.of(Map.of("a/b", Path.of("c"))))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("A model cannot be named 'a/b'.");
        assertThatThrownBy(() -> new ModelSettings(Map.of(), Optional.empty(), Duration.ZERO, "auto", 1, -1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessage("There is no model to serve.");
    }
}
