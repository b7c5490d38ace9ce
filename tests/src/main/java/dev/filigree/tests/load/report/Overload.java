package dev.filigree.tests.load.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.process.Gauge;
import dev.filigree.tests.load.process.Trend;
import java.util.List;
import java.util.Optional;

/**
 * More requests than can be answered, for some time.
 *
 * @param capacity requests a second at most, right before and right after
 * @param step what became of them
 * @param trends what the server held meanwhile
 */
public record Overload(List<Double> capacity, Step step, List<Trend> trends) {
    /** Copies the lists. */
    public Overload {
        capacity = List.copyOf(capacity);
        trends = List.copyOf(trends);
    }

    /** Answers with status 200 a second, of the mean capacity. */
    @JsonProperty("goodput")
    public double goodput() {
        return step.goodPerSecond() / capacity.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** How a gauge went, where it could be read. */
    public Optional<Trend> trend(Gauge gauge) {
        return trends.stream().filter(trend -> trend.gauge() == gauge).findFirst();
    }
}
