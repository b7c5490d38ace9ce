package dev.filigree.tests.load;

import dev.filigree.tests.load.client.Arrivals;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What to do.
 *
 * @param scenarios which
 * @param serverJava further flags of the server's JVM
 * @param serverFlags further flags of {@code filigree serve}
 * @param arrivals how requests are spread in time
 * @param connections of the open loop
 * @param warmup under full load, of each server that is started
 * @param step length of each round and each step that counts
 * @param rounds of the measure of capacity and of the scenario {@code steady}
 * @param sweep loads of the scenario {@code sweep}, in percent of the capacity
 * @param steady length of the steady load, all rounds together
 * @param overload length of the scenario {@code overload}
 * @param soak length of the scenario {@code soak}
 * @param seed of all that is random
 */
record LoadPlan(
        Set<Scenario> scenarios,
        List<String> serverJava,
        List<String> serverFlags,
        Arrivals arrivals,
        int connections,
        Duration warmup,
        Duration step,
        int rounds,
        List<Integer> sweep,
        Duration steady,
        Duration overload,
        Duration soak,
        long seed) {
    boolean has(Scenario scenario) {
        return scenarios.contains(scenario);
    }

    /** Whether anything is measured for which the capacity must be known beforehand. */
    boolean needsCapacity() {
        return has(Scenario.BATCHING) || has(Scenario.SWEEP);
    }

    /** Whether anything is compared with a lone request. */
    boolean needsLone() {
        return has(Scenario.LONE) || has(Scenario.OVERLOAD);
    }
}
