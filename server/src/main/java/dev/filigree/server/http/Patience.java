package dev.filigree.server.http;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A time limit that is set anew at every step of a connection and is hardly ever reached. To set it moves a number: the timer behind it is
 * left as it is, and when it goes off too early it is wound up for the rest. For one event loop.
 */
final class Patience {
    private final EventExecutor loop;
    private final Ticker clock;
    private final Runnable lost;
    private boolean limited;
    /** The clock's time of the limit, in nanoseconds, where there is one. */
    private long latest;
    private boolean wound;
    /** The clock's time when the timer goes off, in nanoseconds, if it is wound up. */
    private long ringsAt;
    private Future<?> timer = ImmediateEventExecutor.INSTANCE.newSucceededFuture(null);

    /**
     * Without a limit at first.
     *
     * @param clock the loop's
     * @param lost run once for each limit that is reached
     */
    Patience(EventExecutor loop, Ticker clock, Runnable lost) {
        this.loop = loop;
        this.clock = clock;
        this.lost = lost;
    }

    /** From now on the limit is so far away. */
    void limit(Duration longest) {
        limited = true;
        latest = clock.nanoTime() + longest.toNanos();
        if (!wound || ringsAt - latest > 0) {
            timer.cancel(false);
            wind();
        }
    }

    /** From now on there is no limit. */
    void unlimit() {
        limited = false;
    }

    /** From now on there is no limit, and no timer that would keep this from being collected. */
    void end() {
        limited = false;
        wound = false;
        timer.cancel(false);
    }

    private void wind() {
        wound = true;
        ringsAt = latest;
        timer = loop.schedule(this::ring, latest - clock.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void ring() {
        wound = false;
        if (limited && latest - clock.nanoTime() > 0) {
            wind();
        } else if (limited) {
            limited = false;
            lost.run();
        }
    }
}
