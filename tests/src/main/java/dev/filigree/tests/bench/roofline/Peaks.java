package dev.filigree.tests.bench.roofline;

import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The most that one core of this machine does: measured in the run that is compared with it, on the thread that asks. */
public final class Peaks {
    private static final String OPERATIONS = "Gop/s";
    private static final String BYTES = "GB/s";
    private static final String MEMORY = "memory";
    private static final long ROUNDS = 400_000;
    private static final long READ_BYTES = 1L << 28;
    private static final int ATTEMPTS = 7;
    private static final long LINE = 512;

    private Peaks() {}

    /** Rates of the loops that the processor can run, and of reading from each level of memory; empty where there is no C library. */
    public static List<Peak> measure() {
        try (Arena arena = Arena.ofConfined()) {
            Optional<PeakLibrary> library = PeakLibrary.load(arena);
            return library.isPresent() ? measure(library.get(), arena) : List.of();
        }
    }

    private static List<Peak> measure(PeakLibrary library, Arena arena) {
        List<Peak> peaks = new ArrayList<>();
        for (Loop loop : Loop.values()) {
            if (loop.runsOn(MachineFacts.extensions())) {
                long rounds = ROUNDS / loop.slowness();
                double best = best(() -> {
                    long nanos = library.nanos(loop.function(), rounds);
                    return nanos == 0 ? 0 : loop.operations(rounds) / nanos;
                });
                if (best > 0) {
                    peaks.add(new Peak(loop.label(), OPERATIONS, best));
                }
            }
        }
        Map<String, Long> caches = MachineFacts.cacheBytes();
        long largest = caches.values().stream().mapToLong(Long::longValue).max().orElse(0);
        // Half of a level, so that what else is in it has room too; four times the largest for what is behind it.
        caches.forEach((level, bytes) -> peaks.add(new Peak(level, BYTES, read(library, arena, bytes / 2))));
        if (largest > 0) {
            peaks.add(new Peak(MEMORY, BYTES, read(library, arena, Math.min(4 * largest, READ_BYTES * 4))));
        }
        return peaks;
    }

    private static double read(PeakLibrary library, Arena arena, long bytes) {
        MemorySegment from = arena.allocate(bytes / LINE * LINE, LINE).fill((byte) 1);
        long rounds = Math.max(1, READ_BYTES / from.byteSize());
        return best(() -> (double) from.byteSize() * rounds / library.nanosToRead(from, rounds));
    }

    /** A measure of a rate, in units of 1e9 a second. */
    private interface Rate {
        double measure();
    }

    private static double best(Rate rate) {
        double best = 0;
        for (int i = 0; i < ATTEMPTS; i++) {
            best = Math.max(best, rate.measure());
        }
        return best;
    }

    /** Gop/s of a loop; empty where it was not measured. */
    static OptionalDouble rate(List<Peak> peaks, Loop loop) {
        return rate(peaks, loop.label());
    }

    private static OptionalDouble rate(List<Peak> peaks, String name) {
        return peaks.stream().filter(peak -> peak.name().equals(name)).mapToDouble(Peak::value).findFirst();
    }

    /** GB/s of the nearest level of memory that holds so many bytes, on a machine with these caches. */
    static OptionalDouble bandwidth(List<Peak> peaks, Map<String, Long> caches, long bytes) {
        String level = caches.entrySet().stream()
                .filter(cache -> cache.getValue() >= bytes)
                .min(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(MEMORY);
        return rate(peaks, level);
    }
}
