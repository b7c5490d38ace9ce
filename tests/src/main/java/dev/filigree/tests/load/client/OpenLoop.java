package dev.filigree.tests.load.client;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Sends requests at their times, whether or not earlier ones were answered, as users do who know nothing of each other. Latency is counted
 * from when a request was to be sent. A server that stalls is thus charged with every request that it would have been sent meanwhile; a
 * client that waits for answers before it asks again would not have sent them (coordinated omission; Tene, "How NOT to Measure Latency").
 */
public final class OpenLoop implements Connection.Listener {
    /** How long after the last request answers are waited for. */
    private static final long GRACE_SECONDS = 15;

    private final Queue<Connection> idle = new ArrayDeque<>();
    private final Deque<Long> waiting = new ArrayDeque<>();
    private final Set<Connection> asking = new LinkedHashSet<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final Supplier<ByteBuf> requests;
    private final Tally tally = new Tally();
    private boolean over;

    /**
     * What to send.
     *
     * @param arrivals how they are spread
     * @param perSecond how many a second
     * @param connections how many connections to spread them over; a request waits here while all have one in flight
     * @param window what counts
     * @param seed of times and texts
     */
    public record Plan(Arrivals arrivals, double perSecond, int connections, Window window, long seed) {}

    private OpenLoop(Supplier<ByteBuf> requests) {
        this.requests = requests;
    }

    /**
     * Runs a plan to its end.
     *
     * @throws IOException when the server cannot be reached
     */
    public static Step run(Client client, Requests requests, Plan plan) throws IOException {
        OpenLoop loop = new OpenLoop(requests.draw(plan.seed()));
        try (Client.Pool pool = client.open(plan.connections(), loop, false)) {
            CpuMeter cpu = loop.send(client, plan);
            cpu.stop();
            loop.drain(client);
            return CompletableFuture.supplyAsync(
                    () -> loop.counted().step(plan.perSecond(), pool.reopened(), cpu), client::execute).join();
        }
    }

    /** Measures the processors' time from the first request that counts on. */
    private CpuMeter send(Client client, Plan plan) {
        LongSupplier arrivals = plan.arrivals().at(plan.perSecond(), plan.seed());
        long start = System.nanoTime();
        Window.Interval window = plan.window().from(start);
        client.execute(() -> tally.begin(window));
        CpuMeter cpu = client.cpu();
        boolean counting = false;
        for (long at = start + arrivals.getAsLong(); at - window.to() < 0; at = start + arrivals.getAsLong()) {
            awaitTime(at);
            if (!counting && window.includes(at)) {
                counting = true;
                cpu = client.cpu();
            }
            long due = at;
            client.execute(() -> due(due));
        }
        awaitTime(window.to());
        return cpu;
    }

    private static void awaitTime(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Waits for the answers that are still to come, within reason. */
    private void drain(Client client) {
        client.execute(() -> {
            over = true;
            endIfDone();
        });
        drained.completeOnTimeout(null, GRACE_SECONDS, TimeUnit.SECONDS).join();
    }

    /** All that was counted, with those that have no answer. */
    private Tally counted() {
        long now = System.nanoTime();
        asking.forEach(connection -> tally.unanswered(connection.due(), now));
        waiting.forEach(due -> tally.unanswered(due, now));
        return tally;
    }

    private void due(long due) {
        tally.due(due);
        Connection free = idle.poll();
        if (free == null) {
            waiting.add(due);
        } else {
            tally.sent(due, System.nanoTime());
            ask(free, due);
        }
    }

    private void ask(Connection connection, long due) {
        asking.add(connection);
        connection.ask(requests.get(), due);
    }

    @Override
    public void opened(Connection connection) {
        Long due = waiting.poll();
        if (due == null) {
            idle.add(connection);
        } else {
            ask(connection, due);
        }
    }

    @Override
    public void answered(Connection connection, Response response) {
        tally.answered(response.status(), connection.due(), response.nanoTime());
        asking.remove(connection);
        opened(connection);
        endIfDone();
    }

    @Override
    public void closed(Connection connection) {
        idle.remove(connection);
        if (asking.remove(connection)) {
            tally.broken(connection.due());
        }
        endIfDone();
    }

    private void endIfDone() {
        if (over && asking.isEmpty() && waiting.isEmpty()) {
            drained.complete(null);
        }
    }
}
