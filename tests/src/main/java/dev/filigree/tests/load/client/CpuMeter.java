package dev.filigree.tests.load.client;

import java.time.Duration;
import java.util.Optional;

/** How many cores this process and the server's are busy with during a window, from the first reading to the last. */
final class CpuMeter {
    private final Optional<ProcessHandle> server;
    private final long from = System.nanoTime();
    private final Duration clientFrom = used(ProcessHandle.current());
    private final Optional<Duration> serverFrom;
    private long nanos;
    private Duration client = Duration.ZERO;
    private Optional<Duration> served = Optional.empty();

    /** Takes the first reading. */
    CpuMeter(Optional<ProcessHandle> server) {
        this.server = server;
        this.serverFrom = server.map(CpuMeter::used);
    }

    /** Takes the last reading. */
    void stop() {
        nanos = Math.max(1, System.nanoTime() - from);
        client = used(ProcessHandle.current()).minus(clientFrom);
        served = serverFrom.map(before -> used(server.orElseThrow()).minus(before));
    }

    double clientCores() {
        return cores(client);
    }

    Optional<Double> serverCores() {
        return served.map(this::cores);
    }

    private double cores(Duration busy) {
        return (double) busy.toNanos() / nanos;
    }

    private static Duration used(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
