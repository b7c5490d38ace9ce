package dev.filigree.tests.bench;

import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.tests.bench.peer.Peer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Times several pieces of work in turns, so that whatever else the machine does falls on all of them alike. Only the ratios within one run
 * mean anything on a shared machine.
 */
public final class Interleaved {
    /** A sample is repeated until it lasts about this long, so that the clock's grain does not matter. */
    private static final long SAMPLE_NANOS = 20_000_000;

    private static final int MAX_REPEATS = 1024;

    /**
     * Pause before each sample. Engines with several threads let them spin for a while after a call, in case another comes; without the
     * pause they would take the cores from the engine whose turn it is.
     */
    private static final long SETTLE_MILLIS = 40;

    /** How long an engine runs untimed after the pause: a virtual machine may take 10 ms to wake a core that has slept. */
    private static final long WAKE_NANOS = 15_000_000;

    private Interleaved() {}

    /**
     * Something to time.
     *
     * @param name in the table
     * @param call does it once
     */
    public record Work(String name, Runnable call) {}

    /**
     * The figures of one piece of work.
     *
     * @param name of the work
     * @param medianMillis median time of one call, in milliseconds
     * @param minMillis shortest time of one call, in milliseconds
     * @param speedOfFirst median over the rounds of (this one's time / the first one's time): how much faster the first one is
     * @param samples the time of one call in each round, in milliseconds: with these any two of a run can be compared round by round
     */
    public record Timing(String name, double medianMillis, double minMillis, double speedOfFirst, List<Double> samples) {}

    /** {@link #hot} for engines: a call runs all inputs, and its time is that of one. */
    public static List<Timing> time(List<Peer> peers, List<TokenBatch> inputs, int rounds, long warmupNanos) {
        List<Work> works = peers.stream().map(peer -> new Work(peer.name(), () -> inputs.forEach(peer::run))).toList();
        return measure(works, inputs.size(), rounds, warmupNanos, Optional.empty());
    }

    /**
     * Times each piece of work {@code rounds} times, in turns, after a warm-up. Before each sample it runs untimed for a moment, to wake
     * the cores and fetch its weights.
     *
     * @param works the one of interest first
     * @param rounds samples of each, at least 1
     * @param warmupNanos how long each runs before anything counts
     */
    public static List<Timing> hot(List<Work> works, int rounds, long warmupNanos) {
        return measure(works, 1, rounds, warmupNanos, Optional.empty());
    }

    /** The same, but a sample is one call, before which the caches are emptied; the cores are awake all the same. */
    public static List<Timing> cold(List<Work> works, int rounds, long warmupNanos, CacheFlush flush) {
        return measure(works, 1, rounds, warmupNanos, Optional.of(flush));
    }

    private static List<Timing> measure(List<Work> works, int inputs, int rounds, long warmupNanos, Optional<CacheFlush> flush) {
        int[] repeats = new int[works.size()];
        for (int w = 0; w < works.size(); w++) {
            long single = warmUp(works.get(w), warmupNanos);
            repeats[w] = flush.isPresent() ? 1 : Math.clamp(SAMPLE_NANOS / Math.max(1, single), 1, MAX_REPEATS);
        }
        double[][] millis = new double[works.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < works.size(); turn++) {
                int w = (turn + round) % works.size();
                Runnable call = works.get(w).call();
                settle();
                long awake = System.nanoTime() + WAKE_NANOS;
                do {
                    call.run();
                } while (System.nanoTime() < awake);
                flush.ifPresent(CacheFlush::flush);
                long start = System.nanoTime();
                for (int r = 0; r < repeats[w]; r++) {
                    call.run();
                }
                millis[w][round] = (System.nanoTime() - start) / 1e6 / repeats[w] / inputs;
            }
        }
        List<Timing> timings = new ArrayList<>();
        for (int w = 0; w < works.size(); w++) {
            timings.add(new Timing(works.get(w).name(), median(millis[w]), Arrays.stream(millis[w]).min().orElseThrow(),
                    medianRatio(millis[w], millis[0]), Arrays.stream(millis[w]).boxed().toList()));
        }
        return timings;
    }

    /** Runs until the time is over and at least three times; answers the shortest call in nanoseconds. */
    private static long warmUp(Work work, long nanos) {
        long end = System.nanoTime() + nanos;
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 3 || System.nanoTime() < end; i++) {
            long start = System.nanoTime();
            work.call().run();
            shortest = Math.min(shortest, System.nanoTime() - start);
        }
        return shortest;
    }

    private static void settle() {
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The measurement was interrupted.", e);
        }
    }

    /** The median over the rounds of one time over another of the same round. */
    public static double medianRatio(double[] times, double[] over) {
        double[] ratios = new double[times.length];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = times[round] / over[round];
        }
        return median(ratios);
    }

    /** The middle value, or the mean of the two in the middle. */
    public static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
