package dev.filigree.pruner.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
    private static final Map<String, String> IDENTITY = Map.of("sparsity", "2:4@16");
    private static final int STEPS = 3;
    /** Larger than the buffer of a file, so that one is written in several operations. */
    private static final int SIZE = 150_000;

    @TempDir
    private Path temporary;

    private final List<String> log = new ArrayList<>();

    /** A run of two tracks and four phases, two of which go step by step. */
    private long[] run(Path folder, Storage storage) throws IOException, InterruptedException {
        try (Checkpoints checkpoints = Checkpoints.open(folder, IDENTITY, Duration.ZERO, storage, System::nanoTime)) {
            Values dense = new Values(SIZE);
            Track first = checkpoints.track("dense");
            first.phase("fine-tune", dense, checkpoint -> steps("fine-tune", dense, checkpoint));
            Values pruned = Values.of(SIZE, dense.step);
            Track second = checkpoints.track("pruned");
            second.phase("obs", pruned, _ -> {
                log.add("obs");
                pruned.advanceTo(pruned.step + 100);
            });
            second.phase("admm", pruned, checkpoint -> steps("admm", pruned, checkpoint));
            second.phase("sr-ste", pruned, checkpoint -> steps("sr-ste", pruned, checkpoint));
            return new long[] {dense.step, pruned.step, (long) pruned.weights[7]};
        }
    }

    private void steps(String phase, Values values, PhaseCheckpoint checkpoint) {
        long start = values.step;
        checkpoint.resume(values);
        while (values.step < start + STEPS) {
            values.advanceTo(values.step + 1);
            log.add(phase + " " + (values.step - start));
            checkpoint.offer(values);
        }
    }

    /** Killed between any two operations on files, or within a write, and started again: the same result, and few steps twice. */
    @Test
    void survivesACrashAtAnyOperation() throws IOException, InterruptedException {
        long[] expected = run(temporary.resolve("whole"), CrashingStorage.safe());
        int whole = log.size();
        int kills = 0;
        for (int operations = 0; ; operations++) {
            Path folder = temporary.resolve("killed-" + operations);
            log.clear();
            try {
                run(folder, new CrashingStorage(operations));
                break;
            } catch (CrashingStorage.Killed _) {
                kills++;
            }
            assertThat(run(folder, CrashingStorage.safe())).as("killed after %d operations", operations).isEqualTo(expected);
            assertThat(log.size()).as("steps in all").isBetween(whole, whole + 1);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(
                        "lock", "dense-1.checkpoint", "pruned-3.checkpoint");
            }
        }
        assertThat(kills).isGreaterThan(60);
    }

    /** Killed again and again, each time a little later. */
    @Test
    void survivesManyCrashes() throws IOException, InterruptedException {
        long[] expected = run(temporary.resolve("whole"), CrashingStorage.safe());
        Path folder = temporary.resolve("killed");
        for (int operations = 1; ; operations++) {
            try {
                assertThat(run(folder, new CrashingStorage(operations))).isEqualTo(expected);
                break;
            } catch (CrashingStorage.Killed _) {
                assertThat(operations).isLessThan(200);
            }
        }
    }

    /** SIGTERM interrupts the thread that trains, wherever it is. */
    @Test
    void anInterruptLosesNoCheckpoint() throws IOException, InterruptedException {
        Values values = new Values(SIZE);
        try (Checkpoints checkpoints = Checkpoints.open(temporary, IDENTITY, Duration.ZERO, Storage.FILES, System::nanoTime)) {
            checkpoints.track("dense").phase("fine-tune", values, checkpoint -> {
                values.advanceTo(1);
                Thread.currentThread().interrupt();
                checkpoint.save(values);
                throw new InterruptedException();
            });
        } catch (InterruptedException e) {
            assertThat(Thread.interrupted()).as("the run can hear of it").isTrue();
        }
        Values resumed = new Values(SIZE);
        try (Checkpoints checkpoints = Checkpoints.open(temporary, IDENTITY, Duration.ZERO, Storage.FILES, System::nanoTime)) {
            checkpoints.track("dense").phase("fine-tune", resumed, checkpoint -> assertThat(checkpoint.resume(resumed)).isTrue());
        }
        assertThat(resumed.step).isEqualTo(1);
    }

    @Test
    void runsNothingTwiceThatIsKept() throws IOException, InterruptedException {
        long[] expected = run(temporary, CrashingStorage.safe());
        log.clear();
        assertThat(run(temporary, CrashingStorage.safe())).isEqualTo(expected);
        assertThat(log).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense-1.checkpoint", "pruned-3.checkpoint"})
    void computesADamagedOutcomeAgain(String name) throws IOException, InterruptedException {
        long[] expected = run(temporary, CrashingStorage.safe());
        byte[] bytes = Files.readAllBytes(temporary.resolve(name));
        List<byte[]> damaged = new ArrayList<>(List.of(new byte[0], new byte[3], Arrays.copyOf(bytes, bytes.length + 1)));
        IntStream.of(1, 2, 3).forEach(quarter -> damaged.add(Arrays.copyOf(bytes, bytes.length * quarter / 4)));
        for (int at : new int[] {0, 10, 30, bytes.length / 2, bytes.length - 1}) {
            byte[] flipped = bytes.clone();
            flipped[at] ^= 4;
            damaged.add(flipped);
        }
        for (byte[] content : damaged) {
            Files.write(temporary.resolve(name), content);
            assertThat(run(temporary, CrashingStorage.safe())).isEqualTo(expected);
            assertThat(Files.readAllBytes(temporary.resolve(name))).hasSameSizeAs(bytes);
        }
    }

    @Test
    void fallsBackToTheProgressBefore() throws IOException, InterruptedException {
        Values values = new Values(10);
        try (Checkpoints checkpoints = Checkpoints.in(temporary, IDENTITY, Duration.ZERO)) {
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> checkpoints.track("dense").phase("tune", values, c -> {
                for (int step = 1; step <= 4; step++) {
                    values.advanceTo(step);
                    c.offer(values);
                }
                throw new InterruptedException();
            }));
        }
        Files.write(temporary.resolve("dense-1.4.checkpoint"), new byte[100]);
        Values resumed = new Values(10);
        try (Checkpoints checkpoints = Checkpoints.in(temporary, IDENTITY, Duration.ZERO)) {
            checkpoints.track("dense").phase("tune", resumed, c -> assertThat(c.resume(resumed)).isTrue());
        }
        assertThat(resumed.step).isEqualTo(3);
        assertThat(resumed.weights).isEqualTo(Values.of(10, 3).weights);
    }

    @Test
    void refusesTheCheckpointsOfOtherSettings() throws IOException, InterruptedException {
        run(temporary, CrashingStorage.safe());
        assertThatIOException()
                .isThrownBy(() -> Checkpoints.in(temporary, Map.of("sparsity", "2:4@1"), Duration.ZERO))
                .withMessageContaining("'sparsity' is 2:4@16 there and 2:4@1 here");
        assertThatIOException()
                .isThrownBy(() -> Checkpoints.in(temporary, Map.of("sparsity", "2:4@16", "seed", "1"), Duration.ZERO))
                .withMessageContaining("'seed' is not set there");
    }

    @Test
    void refusesAPhaseOfAnotherName() throws IOException, InterruptedException {
        run(temporary, CrashingStorage.safe());
        try (Checkpoints checkpoints = Checkpoints.in(temporary, IDENTITY, Duration.ZERO)) {
            Track track = checkpoints.track("dense");
            assertThatIOException()
                    .isThrownBy(() -> track.phase("distil", new Values(SIZE), _ -> log.add("never")))
                    .withMessageContaining("'fine-tune'").withMessageContaining("'distil'");
        }
    }

    @Test
    void isForOneProcessAtATime() throws IOException {
        try (Checkpoints _ = Checkpoints.in(temporary, IDENTITY, Duration.ZERO)) {
            assertThatIOException()
                    .isThrownBy(() -> Checkpoints.in(temporary, IDENTITY, Duration.ZERO))
                    .withMessageContaining("Another run");
        }
        Checkpoints.in(temporary, IDENTITY, Duration.ZERO).close();
    }

    /** A full disk costs the checkpoint, not the run, and is not kept full. */
    @Test
    void goesOnWhenNothingCanBeWritten() throws IOException, InterruptedException {
        Storage full = new Storage() {
            @Override
            public OutputStream create(Path file) throws IOException {
                return new FilterOutputStream(Storage.super.create(file)) {
                    @Override
                    public void write(byte[] bytes, int from, int length) throws IOException {
                        out.write(bytes, from, length / 2);
                        throw new IOException("No space left on device");
                    }
                };
            }
        };
        long[] expected = run(temporary.resolve("whole"), CrashingStorage.safe());
        assertThat(run(temporary.resolve("full"), full)).isEqualTo(expected);
        assertThat(temporary.resolve("full")).isDirectoryNotContaining("glob:**.tmp");
        assertThat(run(temporary.resolve("full"), CrashingStorage.safe())).isEqualTo(expected);
    }

    /** Writes keep the interval, and a hundred times the distance of what they cost. */
    @Test
    void writesSeldom() throws IOException, InterruptedException {
        AtomicLong now = new AtomicLong();
        Values values = new Values(1);
        List<Long> writes = new ArrayList<>();
        Storage slow = new Storage() {
            @Override
            public OutputStream create(Path file) throws IOException {
                writes.add(now.getAndAdd(Duration.ofSeconds(3).toNanos()) / Duration.ofSeconds(1).toNanos());
                return Storage.super.create(file);
            }
        };
        try (Checkpoints checkpoints = Checkpoints.open(temporary, IDENTITY, Duration.ofSeconds(120), slow, now::get)) {
            checkpoints.track("dense").phase("tune", values, checkpoint -> {
                for (int second = 0; second < 1000; second++) {
                    now.addAndGet(Duration.ofSeconds(1).toNanos());
                    checkpoint.offer(values);
                }
            });
        }
        assertThat(writes).containsExactly(120L, 423L, 726L, 1009L);
    }

    @Test
    void clearsItsFilesAndNoOthers() throws IOException, InterruptedException {
        run(temporary, CrashingStorage.safe());
        Files.writeString(temporary.resolve("notes.txt"), "mine");
        clear();
        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("notes.txt");
        }
        Files.delete(temporary.resolve("notes.txt"));
        clear();
        assertThat(temporary).doesNotExist();
    }

    private void clear() throws IOException {
        try (Checkpoints checkpoints = Checkpoints.in(temporary, IDENTITY, Duration.ZERO)) {
            checkpoints.track("dense");
            checkpoints.track("pruned");
            checkpoints.clear();
        }
    }

    @Test
    void countsTheTimeBeforeARestart() throws IOException, InterruptedException {
        AtomicLong now = new AtomicLong();
        Values values = new Values(1);
        try (Checkpoints checkpoints = Checkpoints.open(temporary, IDENTITY, Duration.ZERO, Storage.FILES, now::get)) {
            Track track = checkpoints.track("dense");
            track.phase("tune", values, _ -> now.addAndGet(5));
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> track.phase("more", values, checkpoint -> {
                now.addAndGet(7);
                checkpoint.save(values);
                throw new InterruptedException();
            }));
        }
        try (Checkpoints checkpoints = Checkpoints.open(temporary, IDENTITY, Duration.ZERO, Storage.FILES, now::get)) {
            Track track = checkpoints.track("dense");
            track.phase("tune", values, _ -> log.add("never"));
            track.phase("more", values, checkpoint -> {
                checkpoint.resume(values);
                now.addAndGet(11);
            });
            assertThat(track.nanoseconds()).containsExactly(Map.entry("tune", 5L), Map.entry("more", 18L));
        }
        assertThat(log).isEmpty();
    }

    @Test
    void keepsNothingWhenOff() throws IOException, InterruptedException {
        Values values = new Values(1);
        try (Checkpoints checkpoints = Checkpoints.off()) {
            Track track = checkpoints.track("dense");
            track.phase("tune", values, checkpoint -> steps("tune", values, checkpoint));
            assertThat(track.nanoseconds()).containsOnlyKeys("tune");
            checkpoints.clear();
        }
        assertThat(log).hasSize(STEPS);
    }
}
