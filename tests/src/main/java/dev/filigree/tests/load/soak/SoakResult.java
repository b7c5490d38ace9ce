package dev.filigree.tests.load.soak;

import dev.filigree.tests.load.process.Trend;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a soak came to.
 *
 * @param minutes how long it took
 * @param seed of all that is random in it
 * @param deeds what was done, and how often it came to what: a status, or {@code left}
 * @param answersCompared answers for one text that were compared with the first for that text
 * @param trends what the server held meanwhile
 * @param violations what should not have been, in sentences, at most a few of each kind; empty when it passed
 */
public record SoakResult(
        double minutes,
        long seed,
        Map<String, Map<String, Long>> deeds,
        long answersCompared,
        List<Trend> trends,
        List<String> violations) {
    /** Copies lists and map. */
    public SoakResult {
        deeds = Map.copyOf(deeds);
        trends = List.copyOf(trends);
        violations = List.copyOf(violations);
    }

    /** The same with further violations. */
    public SoakResult with(List<String> more) {
        return new SoakResult(minutes, seed, deeds, answersCompared, trends,
                Stream.concat(violations.stream(), more.stream()).toList());
    }

    /** Whether nothing happened that should not have. */
    public boolean passed() {
        return violations.isEmpty();
    }
}
