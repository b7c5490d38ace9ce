package dev.filigree.tests.load.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.filigree.tests.load.client.Step;

/**
 * A while at 70 % of the capacity, with what it is compared with measured right before it: the speed of a shared machine changes from one
 * minute to the next.
 *
 * @param loneMicros median latency of lone requests, in microseconds
 * @param capacity requests a second at most
 * @param step what became of those that were sent then
 */
public record SteadyRound(double loneMicros, double capacity, Step step) {
    /** How many times the lone median the slowest percent took at least. */
    @JsonProperty("slowestPercent")
    public double slowestPercent() {
        return step.good().p99() / loneMicros;
    }
}
