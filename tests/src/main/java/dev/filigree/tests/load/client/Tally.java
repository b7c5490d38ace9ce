package dev.filigree.tests.load.client;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Counts what becomes of requests. For one thread; what lies outside of the window is not counted. */
final class Tally {
    static final int GOOD = 200;
    static final int REFUSED = 429;

    private final Histogram good = Latency.histogram();
    private final Histogram refused = Latency.histogram();
    private final Histogram lateness = Latency.histogram();
    private final Map<Integer, Long> statuses = new TreeMap<>();
    private long sent;
    private long goodInTime;
    private long broken;
    private long unanswered;
    private Window.Interval window = Window.Interval.NONE;

    /** From now on it is known what counts. */
    void begin(Window.Interval counting) {
        window = counting;
    }

    /** Whether a request that was to be sent then counts. */
    boolean counts(long due) {
        return window.includes(due);
    }

    /** A request is to be sent. */
    void due(long due) {
        if (window.includes(due)) {
            sent++;
        }
    }

    /** It went out at once, or as soon as this program could. */
    void sent(long due, long at) {
        if (window.includes(due)) {
            Latency.record(lateness, at - due);
        }
    }

    void answered(int status, long due, long at) {
        if (status == GOOD && window.includes(at)) {
            goodInTime++;
        }
        if (window.includes(due)) {
            statuses.merge(status, 1L, Long::sum);
            if (status == GOOD) {
                Latency.record(good, at - due);
            } else if (status == REFUSED) {
                Latency.record(refused, at - due);
            }
        }
    }

    void broken(long due) {
        if (window.includes(due)) {
            broken++;
        }
    }

    /** A request still has no answer: it takes at least so long. */
    void unanswered(long due, long at) {
        if (window.includes(due)) {
            unanswered++;
            Latency.record(good, at - due);
        }
    }

    /**
     * The figures.
     *
     * @param offeredPerSecond the rate that was asked for, or 0 for that of the requests that were sent
     * @param reopened how many connections had to be opened again
     */
    Step step(double offeredPerSecond, long reopened, CpuMeter cpu) {
        double seconds = (double) (window.to() - window.from()) / TimeUnit.SECONDS.toNanos(1);
        return new Step(offeredPerSecond > 0 ? offeredPerSecond : sent / seconds, seconds, sent, goodInTime / seconds, Latency.of(good),
                Latency.of(refused), statuses, broken, unanswered, reopened, Latency.of(lateness), cpu.clientCores(), cpu.serverCores());
    }
}
