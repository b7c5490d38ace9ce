package dev.filigree.tests.load.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;

/**
 * Something aimed at, and what was measured.
 *
 * @param what is measured
 * @param unit of limit and figure, empty for a ratio
 * @param limit that is aimed at
 * @param atLeast whether the limit is the least rather than the most
 * @param measured the figure; empty where it could not be measured
 */
public record Bar(String what, String unit, double limit, boolean atLeast, Optional<Double> measured) {
    /** Whether it was met, missed or not measured. */
    public enum Verdict {
        /** At the limit, or on its good side. */
        MET,
        /** On the other side. */
        MISSED,
        /** Nobody knows. */
        UNKNOWN
    }

    static Bar atLeast(String what, String unit, double limit, Optional<Double> measured) {
        return new Bar(what, unit, limit, true, measured);
    }

    static Bar atMost(String what, String unit, double limit, Optional<Double> measured) {
        return new Bar(what, unit, limit, false, measured);
    }

    /** What came of it; a figure that is not a number misses. */
    @JsonProperty("verdict")
    public Verdict verdict() {
        return measured
                .map(value -> (atLeast ? value >= limit : value <= limit) ? Verdict.MET : Verdict.MISSED)
                .orElse(Verdict.UNKNOWN);
    }
}
