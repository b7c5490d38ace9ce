package dev.filigree.tests.bench;

import dev.filigree.runtime.kernel.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Times several engines in turns on the same inputs, so that whatever else the machine does falls on all of them alike. Only the ratios
 * within one run mean anything on a shared machine.
 */
public final class Interleaved {
    /** A sample is repeated until it lasts about this long, so that the clock's grain does not matter. */
    private static final long SAMPLE_NANOS = 20_000_000;

    private static final int MAX_REPEATS = 64;

    /**
     * Pause before each sample. Engines with several threads let them spin for a while after a call, in case another comes; without the
     * pause they would take the cores from the engine whose turn it is.
     */
    private static final long SETTLE_MILLIS = 40;

    /** How long an engine runs untimed after the pause: a virtual machine may take 10 ms to wake a core that has slept. */
    private static final long WAKE_NANOS = 15_000_000;

    private Interleaved() {}

    /**
     * One engine's figures.
     *
     * @param peer the engine
     * @param medianMillis median time of one call, in milliseconds
     * @param minMillis shortest time of one call, in milliseconds
     * @param speedOfFirst median over the rounds of (this engine's time / the first engine's time): how much faster the first one is
     */
    public record Timing(String peer, double medianMillis, double minMillis, double speedOfFirst) {}

    /**
     * Times each engine {@code rounds} times, in turns, after a warm-up. Before each sample it runs untimed for a
     * moment, to wake the cores and fetch its weights.
     *
     * @param peers the engines, the one of interest first
     * @param inputs what one sample runs through, one call each
     * @param rounds samples of each engine, at least 1
     * @param warmupNanos how long each engine runs before anything counts
     */
    public static List<Timing> time(List<Peer> peers, List<TokenBatch> inputs, int rounds, long warmupNanos) {
        int[] repeats = new int[peers.size()];
        for (int p = 0; p < peers.size(); p++) {
            long single = warmUp(peers.get(p), inputs, warmupNanos);
            repeats[p] = Math.clamp(SAMPLE_NANOS / Math.max(1, single), 1, MAX_REPEATS);
        }
        double[][] millis = new double[peers.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int turn = 0; turn < peers.size(); turn++) {
                int p = (turn + round) % peers.size();
                settle();
                long awake = System.nanoTime() + WAKE_NANOS;
                do {
                    inputs.forEach(peers.get(p)::logits);
                } while (System.nanoTime() < awake);
                long start = System.nanoTime();
                for (int r = 0; r < repeats[p]; r++) {
                    inputs.forEach(peers.get(p)::logits);
                }
                millis[p][round] = (System.nanoTime() - start) / 1e6 / repeats[p] / inputs.size();
            }
        }
        List<Timing> timings = new ArrayList<>();
        for (int p = 0; p < peers.size(); p++) {
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = millis[p][round] / millis[0][round];
            }
            timings.add(new Timing(
                    peers.get(p).name(), median(millis[p]), Arrays.stream(millis[p]).min().orElseThrow(), median(ratios)));
        }
        return timings;
    }

    /** Runs until the time is over and at least three times; answers the shortest pass over the inputs in nanoseconds. */
    private static long warmUp(Peer peer, List<TokenBatch> inputs, long nanos) {
        long end = System.nanoTime() + nanos;
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 3 || System.nanoTime() < end; i++) {
            long start = System.nanoTime();
            inputs.forEach(peer::logits);
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

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
