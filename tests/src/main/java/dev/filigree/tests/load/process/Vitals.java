package dev.filigree.tests.load.process;

import dev.filigree.tests.load.process.Trend.Reading;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads a server's gauges at intervals while something else goes on, on a thread of its own. */
public final class Vitals implements AutoCloseable {
    private static final int FEWEST = 3;
    private static final double NANOS_PER_MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final Probe probe;
    private final Map<Gauge, List<Reading>> readings = new EnumMap<>(Gauge.class);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final long start = System.nanoTime();
    private final Thread thread;

    /**
     * Begins to read.
     *
     * @param every how often to read what costs nothing
     * @param collectEvery how often to collect all garbage and see what is left
     */
    public Vitals(Probe probe, Duration every, Duration collectEvery) {
        this.probe = probe;
        this.thread = Thread.ofPlatform().daemon().name("filigree-vitals").start(() -> readUntilClosed(every, collectEvery));
    }

    private void readUntilClosed(Duration every, Duration collectEvery) {
        long collected = start;
        try {
            while (!closed.await(every.toNanos(), TimeUnit.NANOSECONDS)) {
                note(probe.read());
                if (System.nanoTime() - collected >= collectEvery.toNanos()) {
                    collected = System.nanoTime();
                    note(probe.readAfterCollection());
                }
            }
        } catch (IOException _) {
            // The server is gone, which those that ask it notice; what was read till then is kept.
        } catch (InterruptedException e) {
            throw new IllegalStateException("Nobody interrupts this thread.", e);
        }
    }

    private synchronized void note(Map<Gauge, Double> values) {
        double minutes = (System.nanoTime() - start) / NANOS_PER_MINUTE;
        values.forEach((gauge, value) -> readings.computeIfAbsent(gauge, _ -> new ArrayList<>()).add(new Reading(minutes, value)));
    }

    /** Of every gauge that was read at least three times. */
    public synchronized List<Trend> trends() {
        return readings.entrySet().stream()
                .filter(gauge -> gauge.getValue().size() >= FEWEST)
                .map(gauge -> Trend.of(gauge.getKey(), gauge.getValue()))
                .toList();
    }

    /** Stops reading. */
    @Override
    public void close() throws IOException {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        probe.close();
    }
}
