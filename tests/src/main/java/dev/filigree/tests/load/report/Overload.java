package dev.filigree.tests.load.report;

import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.process.Gauge;
import dev.filigree.tests.load.process.Trend;
import java.util.List;
import java.util.Optional;

/**
 * More requests than can be answered, for some time.
 *
 * @param step what became of them
 * @param trends what the server held meanwhile
 */
public record Overload(Step step, List<Trend> trends) {
    /** Copies the list. */
    public Overload {
        trends = List.copyOf(trends);
    }

    /** How a gauge went, where it could be read. */
    public Optional<Trend> trend(Gauge gauge) {
        return trends.stream().filter(trend -> trend.gauge() == gauge).findFirst();
    }
}
