package dev.filigree.tests.bench.report;

import dev.filigree.tests.bench.Interleaved;
import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.report.BenchReport.Case;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Looks engines up in a case and compares them round by round. */
final class Samples {
    private Samples() {}

    /** An engine's timing. */
    static Optional<Timing> of(Case one, String engine) {
        return one.timings().stream().filter(timing -> timing.name().equals(engine)).findFirst();
    }

    /** The one of the lower median. */
    static Optional<Timing> fastest(Case one, List<String> engines) {
        return engines.stream().flatMap(engine -> of(one, engine).stream()).min(Comparator.comparingDouble(Timing::medianMillis));
    }

    /** How much faster one is than another: the median of the rounds' ratios; empty where one of them was not measured. */
    static OptionalDouble ratio(Optional<Timing> slower, Optional<Timing> faster) {
        if (slower.isEmpty() || faster.isEmpty()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(Interleaved.medianRatio(array(slower.get()), array(faster.get())));
    }

    private static double[] array(Timing timing) {
        return timing.samples().stream().mapToDouble(Double::doubleValue).toArray();
    }
}
