package dev.filigree.tests.load.client;

import java.util.Map;
import java.util.Optional;

/**
 * What a run at one load came to. Latencies are counted from when a request was to be sent, also where it could not be sent then, and those
 * of requests without an answer as long as they had waited when the run ended.
 *
 * @param offeredPerSecond the rate of an open loop, or what a closed loop came to
 * @param seconds that counted
 * @param sent requests that were to be sent in that time
 * @param goodPerSecond answers with status 200 that arrived in that time, per second
 * @param good latency of status 200
 * @param refused latency of status 429
 * @param statuses how many were answered with what status
 * @param broken requests whose connection broke
 * @param unanswered requests that had no answer some time after the run
 * @param reopened connections that had to be opened again
 * @param lateness how long after its time a request went out though a connection was free: the client's own doing, and part of the
 *     latencies
 * @param clientCores processor time of the client, in cores
 * @param serverCores processor time of the server, in cores, where its process is known
 */
public record Step(
        double offeredPerSecond,
        double seconds,
        long sent,
        double goodPerSecond,
        Latency good,
        Latency refused,
        Map<Integer, Long> statuses,
        long broken,
        long unanswered,
        long reopened,
        Latency lateness,
        double clientCores,
        Optional<Double> serverCores) {
    /** Copies the map. */
    public Step {
        statuses = Map.copyOf(statuses);
    }

    /** Requests that failed: answered with neither 200 nor 429, or not at all. */
    public long failed() {
        long answered = statuses.entrySet().stream()
                .filter(status -> status.getKey() != Tally.GOOD && status.getKey() != Tally.REFUSED)
                .mapToLong(Map.Entry::getValue)
                .sum();
        return answered + broken + unanswered;
    }
}
