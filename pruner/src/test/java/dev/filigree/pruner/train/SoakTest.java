package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.format.Pooling;
import dev.filigree.pruner.base.BaseModel;
import dev.filigree.pruner.base.BaseModels;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Memory over a long training. On request: {@code -Dfiligree.soak.minutes=120}, 30 or more for a verdict on what a long run does; it prints
 * a line a minute.
 */
class SoakTest {
    private static final HeadSpec HEAD = new HeadSpec(Pooling.MEAN, 2, false);
    private static final int BATCH = 16;
    private static final int PHASE_STEPS = 40;
    private static final double GROWTH = 0.1;

    /** Training phases one after the other, each with its optimiser, teacher, student and evaluation, on texts of every length. */
    @Test
    void memoryStaysFlat() throws IOException, InterruptedException {
        int minutes = Integer.getInteger("filigree.soak.minutes", 0);
        assumeTrue(minutes > 0, "skipped: -Dfiligree.soak.minutes=N trains for N minutes and watches the memory");
        BaseModel base = BaseModels.named("all-MiniLM-L6-v2");
        List<EncodedExample> examples = examples(base.shape().vocabulary());
        Instant start = Instant.now();
        Duration settled = Duration.ofMinutes(Math.min(10, Math.max(1, minutes / 2)));
        long settledBytes = 0;
        long bytes = 0;
        int minute = 0;
        try (BertClassifier dense = new BertClassifier(Tiny.engine(), base.shape(), HEAD, base.weights(), 1)) {
            Teacher cached = CachedTeacher.of(dense, examples, 32);
            for (int phase = 0; Duration.between(start, Instant.now()).toMinutes() < minutes; phase++) {
                try (BertClassifier student = dense.copy()) {
                    Objective objective = Objective.imitate(phase % 2 == 0 ? cached : Teacher.of(dense));
                    TrainingPlan plan = TrainingPlan.of("soak", PHASE_STEPS, BATCH, 1e-5, phase).withFeatureDropout(0.1);
                    new Trainer(student, TrainingListener.SILENT).train(examples, plan, objective, StepHook.NONE);
                    student.evaluate(examples, 32);
                }
                bytes = residentBytes();
                Duration since = Duration.between(start, Instant.now());
                if (since.compareTo(settled) <= 0 || settledBytes == 0) {
                    settledBytes = bytes;
                }
                if (since.toMinutes() >= minute) {
                    minute = (int) since.toMinutes() + 1;
                    Runtime runtime = Runtime.getRuntime();
                    System.out.printf(Locale.ROOT, "%d min, %d phases: %d MiB resident, heap %d of %d MiB, %d open arrays%n",
                            since.toMinutes(), phase + 1, bytes >> 20, runtime.totalMemory() - runtime.freeMemory() >> 20,
                            runtime.totalMemory() >> 20, dense.openArrays());
                }
            }
        }
        assertThat(bytes)
                .as("bytes after %d minutes, against %d after %d", minutes, settledBytes, settled.toMinutes())
                .isLessThan((long) (settledBytes * (1 + GROWTH)));
    }

    private static List<EncodedExample> examples(int vocabulary) {
        Random random = new Random(1);
        List<EncodedExample> examples = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            int length = 3 + random.nextInt(random.nextInt(10) == 0 ? 126 : 40);
            int[] ids = IntStream.range(0, length).map(_ -> random.nextInt(vocabulary)).toArray();
            examples.add(new EncodedExample(new TokenizedText(ids, new int[length], false), i % 2));
        }
        return examples;
    }

    /** After a collection, so that garbage does not count. */
    private static long residentBytes() throws IOException {
        System.gc();
        String line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(entry -> entry.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
}
