package dev.filigree.tests.load.report;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How many requests a second the server answers when it is never without one.
 *
 * @param connections that ask again as soon as they are answered
 * @param batched good answers per second, round by round
 * @param unbatched the same rounds, in turns, of a server that computes each text alone; empty where there was none
 */
public record Capacity(int connections, List<Double> batched, List<Double> unbatched) {
    /** Copies the lists. */
    public Capacity {
        batched = List.copyOf(batched);
        unbatched = List.copyOf(unbatched);
    }

    /** The median of the rounds, in requests a second. */
    public double perSecond() {
        return median(batched);
    }

    /** How many times the requests batching answers: the median of the rounds' ratios. */
    public Optional<Double> gain() {
        return unbatched.isEmpty()
                ? Optional.empty()
                : Optional.of(median(IntStream.range(0, unbatched.size()).mapToObj(i -> batched.get(i) / unbatched.get(i)).toList()));
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
