package dev.filigree.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.GoldenExample;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Task;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.server.TinyModel;
import dev.filigree.server.http.ApiException;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files, good and bad, behind a name. */
@Timeout(120)
class PackedModelLoadTest {
    private static final Task TASK = new Task("tiny", List.of("negative", "positive"), false, false);
    private static final String TEXT = "good film!";

    @TempDir
    private Path folder;

    private Path file;
    private ModelRegistry registry;

    /** A good file, with an example that it meets. */
    private static Model model(int seed, Task task) {
        return TinyModel.of(seed, task, List.of(new GoldenExample(TEXT, Optional.empty(), logits(seed, task))));
    }

    private static float[] logits(int seed, Task task) {
        try (Classifier classifier = Classifier.builder().open(TinyModel.of(seed, task, List.of()))) {
            return classifier.classify(TEXT).logits();
        }
    }

    @BeforeEach
    void serve() throws IOException {
        file = folder.resolve("tiny.filigree");
        ModelWriter.write(model(1, TASK), file);
        registry = ModelRegistry.open(new ModelSettings(Map.of("tiny", file), Optional.empty(), Duration.ZERO, "auto", 2, 0));
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private float[] answer() {
        ModelLease lease = registry.acquire(Optional.empty());
        try {
            TextClassifier model = lease.classifier();
            return model.classify(model.tokenize(List.of(TextInput.of(TEXT)))).getFirst().logits();
        } finally {
            lease.release();
        }
    }

    @Test
    void whatIsToldOfAModel() throws Exception {
        ModelFacts facts = registry.facts("tiny");
        assertThat(facts).isEqualTo(new ModelFacts(
                Files.size(file), "tiny", TASK.labels(), false, false, 12, "dense", facts.provider()));
        assertThat(facts.provider()).isNotEmpty();
    }

    @Test
    void aGoodFileTakesOver() throws Exception {
        assertThat(answer()).isEqualTo(logits(1, TASK));
        ModelWriter.write(model(2, TASK), file);
        registry.reload("tiny").get();
        assertThat(answer()).isEqualTo(logits(2, TASK)).isNotEqualTo(logits(1, TASK));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void warmUpAsksWhatTheModelTakes(boolean pairs) throws Exception {
        ModelWriter.write(TinyModel.of(1, new Task("tiny", TASK.labels(), false, pairs), List.of()), file);
        AtomicInteger asked = new AtomicInteger();
        try (TextClassifier model = new PackedModel.Loader("auto", 1, 10).load(file, () -> asked.incrementAndGet() > 1000)) {
            assertThat(asked).hasValue(10);
            assertThat(model.facts().pairs()).isEqualTo(pairs);
        }
    }

    /** Puts bytes over the file as {@code cp} does, and has it reloaded. */
    private void refused(byte[] bytes, String part) throws IOException {
        Files.write(file, bytes);
        refused(part);
    }

    private void refused(String part) {
        assertThatThrownBy(() -> registry.reload("tiny").get()).isInstanceOf(ExecutionException.class).cause()
                .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.code()).isEqualTo("bad_model"))
                .hasMessageContaining(part).hasMessageStartingWith(file.toString()).hasMessageEndingWith(".");
        assertThat(registry.find("tiny").orElseThrow().lastError().orElseThrow()).contains(part);
        assertThat(answer()).isEqualTo(logits(1, TASK));
    }

    private void refused(Model model, String part) throws IOException {
        ModelWriter.write(model, file);
        refused(part);
    }

    @Test
    void badReloadOfEveryKind() throws Exception {
        byte[] good = Files.readAllBytes(file);
        refused(Arrays.copyOf(good, good.length / 2), "ends within payload");
        refused(new byte[0], "the file is empty");
        refused("hello".getBytes(), "not a Filigree model file");
        byte[] damaged = good.clone();
        damaged[damaged.length - 1] ^= 1;
        refused(damaged, "checksum");
        GoldenExample wrong = new GoldenExample(TEXT, Optional.empty(), new float[] {9, -9});
        refused(TinyModel.of(2, TASK, List.of(wrong)), "The golden examples come out wrong");
        Task other = new Task("tiny", List.of("bad", "fair", "good"), false, false);
        refused(model(2, other), "it makes bad|fair|good of single texts where model 'tiny' makes negative|positive of single texts");
        refused(TinyModel.of(2, new Task("tiny", TASK.labels(), false, true), List.of()), "negative|positive of pairs where");
        Files.delete(file);
        refused("there is no such file");
        Files.createDirectory(file);
        refused("this is a directory");
        Files.delete(file);
        ModelWriter.write(model(3, TASK), file);
        assertThat(registry.reload("tiny").get().lastError()).isEmpty();
        assertThat(answer()).isEqualTo(logits(3, TASK));
    }

    @Test
    void overwritingTheFileInPlaceDoesNotReachTheModel() throws Exception {
        byte[] good = Files.readAllBytes(file);
        float[] expected = logits(1, TASK);
        Files.write(file, new byte[0]);
        assertThat(answer()).isEqualTo(expected);
        byte[] garbage = new byte[good.length];
        Arrays.fill(garbage, (byte) 0x7F);
        Files.write(file, garbage);
        assertThat(answer()).isEqualTo(expected);
        Files.write(file, Arrays.copyOf(good, good.length / 3));
        assertThat(answer()).isEqualTo(expected);
        Files.delete(file);
        assertThat(answer()).isEqualTo(expected);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "tells what is mapped from /proc")
    void aThousandReloadsLeaveNothingBehind() throws Exception {
        reload(100);
        long mappings = mappings();
        long memory = poolBytes();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        reload(1000);
        assertThat(copies()).isEqualTo(1);
        // A version has more than 12,000 bytes, a thread and some mappings, and the JVM now and then takes a little for itself.
        assertThat(poolBytes()).isLessThan(memory + (1 << 16));
        assertThat(ManagementFactory.getThreadMXBean().getThreadCount()).isLessThan(threads + 50);
        assertThat(mappings()).isLessThan(mappings + 200);
        registry.close();
        assertThat(copies()).isZero();
    }

    private void reload(int times) throws Exception {
        ModelWriter.write(TinyModel.of(1, TASK, List.of()), file);
        for (int i = 0; i < times; i++) {
            registry.reload("tiny").get();
        }
        // The version that was replaced last is closed before this is refused, on the same thread.
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> registry.reload("tiny").get()).hasMessageContaining("empty");
    }

    /** Bytes of memory outside the heap that Java code has asked for. */
    private static long poolBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    private static long copies() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains(".copy (deleted)")).count();
    }

    private static long mappings() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).size();
    }
}
