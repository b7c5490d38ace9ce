package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.ModelFile;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import dev.filigree.pruner.method.MethodChain;
import dev.filigree.pruner.train.DistillationWeights;
import dev.filigree.pruner.train.EarlyStopping;
import dev.filigree.pruner.train.Precision;
import dev.filigree.pruner.train.TrainingListener;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole run in a process of its own that is killed with SIGKILL, again and again, while it trains and writes checkpoints. */
class KilledRunTest {
    private static final String STEP = "step";

    @TempDir
    private Path folder;

    /** Runs the pipeline on the tiny encoder and tells of every step. */
    public static final class Program {
        private Program() {}

        /** Arguments: folder of the base, folder of the checkpoints or nothing, file to write. */
        public static void main(String[] arguments) throws IOException, InterruptedException {
            TrainingOptions options = new TrainingOptions(
                    new DistillationWeights(0, 1, 1, 0.5), 0.2, 0.4, Optional.of(new EarlyStopping(20, 0.05)), Precision.FP32);
            PruneSettings settings = new PruneSettings(arguments[0], new GlueTaskData(GlueTask.SST2, GlueData.sample()),
                    SparsityPlan.parse("2:4@4"), Optional.empty(), MethodChain.parse("obs,admm,sr-ste"),
                    new Schedule(1, 2, 32, 1e-3, 1e-3, options), 64, 9,
                    StoredTypes.of(DType.INT8), 1, 1, Optional.empty(), Path.of(arguments[2]));
            CheckpointPlan checkpoints = arguments[1].isEmpty()
                    ? CheckpointPlan.NONE
                    : new CheckpointPlan(Optional.of(Path.of(arguments[1])), Duration.ZERO);
            TrainingListener printer = (phase, step, _, _, _) -> System.out.println(STEP + " " + phase + " " + step);
            PruneOutcome outcome = new PrunePipeline(settings, printer, checkpoints).run();
            System.out.println("phases " + outcome.seconds().keySet());
            System.out.println("curves " + outcome.curves());
            System.out.println("metrics " + outcome.dense() + outcome.pruned() + outcome.packed() + outcome.keptEnergy());
        }
    }

    @Test
    void endsAsIfNothingHadHappened() throws IOException, InterruptedException {
        TinyEncoder.save(folder, TinyEncoder.weights(), TinyEncoder.CONFIG);
        Path whole = folder.resolve("whole.filigree");
        List<String> expected = run("", whole, Integer.MAX_VALUE).lines();
        long steps = expected.stream().filter(line -> line.startsWith(STEP)).count();

        Path resumed = folder.resolve("resumed.filigree");
        Path checkpoints = folder.resolve("checkpoints");
        Random random = new Random(4);
        long done = 0;
        for (int kill = 0; kill < 3; kill++) {
            int limit = 1 + random.nextInt((int) steps / 3);
            Run killed = run(checkpoints.toString(), resumed, limit);
            assertThat(killed.exit()).as("exit after SIGKILL").isEqualTo(137);
            assertThat(resumed).doesNotExist();
            done += killed.lines().stream().filter(line -> line.startsWith(STEP)).count();
        }
        Run last = run(checkpoints.toString(), resumed, Integer.MAX_VALUE);
        done += last.lines().stream().filter(line -> line.startsWith(STEP)).count();
        assertThat(last.exit()).isZero();
        assertThat(tail(last.lines())).isEqualTo(tail(expected));
        assertThat(Files.mismatch(resumed, whole)).as("first byte that differs in " + metrics(resumed) + metrics(whole)).isEqualTo(-1);
        // A kill costs the step it falls into, or the second-order start; a run that starts over each time would do more.
        assertThat(done).isBetween(steps, steps + 3 * 12);
        assertThat(checkpoints).doesNotExist();
    }

    private static List<String> tail(List<String> lines) {
        return lines.stream().filter(line -> !line.startsWith(STEP)).toList();
    }

    private static Map<String, Double> metrics(Path file) throws IOException {
        try (ModelFile model = ModelFile.open(file)) {
            return new TreeMap<>(model.model().provenance().metrics());
        }
    }

    private record Run(int exit, List<String> lines) {}

    /** Runs the program, and kills it as soon as it tells of its {@code limit}-th step; it is then somewhere after that step. */
    private Run run(String checkpoints, Path out, int limit) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector",
                        "-cp", System.getProperty("java.class.path"), Program.class.getName(),
                        folder.toString(), checkpoints, out.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = process.inputReader()) {
            Stream<String> lines = output.lines();
            int[] steps = {0};
            List<String> seen = lines.peek(line -> {
                if (line.startsWith(STEP) && ++steps[0] == limit) {
                    process.toHandle().destroyForcibly();
                }
            }).collect(Collectors.toList());
            return new Run(process.waitFor(), seen);
        } finally {
            process.destroyForcibly();
        }
    }
}
