package dev.filigree.tests.load.client;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks again as soon as there is an answer, on each of some connections: with many of them the server's capacity, with one of them what a
 * lone request takes. Latencies under load are not to be had so, see {@link OpenLoop}.
 */
public final class ClosedLoop implements Connection.Listener {
    private final Supplier<ByteBuf> requests;
    private final GoodAnswer good;
    private final Tally tally = new Tally();

    /** Is told of answers with status 200 that count. */
    @FunctionalInterface
    public interface GoodAnswer {
        /** Takes no notice. */
        GoodAnswer IGNORED = (_, _, _) -> { };

        /**
         * There is one.
         *
         * @param sent {@link System#nanoTime} when its request was sent
         * @param answered {@link System#nanoTime} when its last byte had come
         * @param body its body, where bodies are kept
         */
        void accept(long sent, long answered, byte[] body);
    }

    private ClosedLoop(Supplier<ByteBuf> requests, GoodAnswer good) {
        this.requests = requests;
        this.good = good;
    }

    /**
     * Keeps connections busy.
     *
     * @throws IOException when the server cannot be reached
     */
    public static Step run(Client client, Requests requests, int connections, Window window, long seed)
            throws IOException, InterruptedException {
        return run(client, new ClosedLoop(requests.draw(seed), GoodAnswer.IGNORED), connections, window, false);
    }

    /**
     * One request at a time, each answer looked at before the next is sent.
     *
     * @param good told of each good answer, with its body
     * @throws IOException when the server cannot be reached
     */
    public static Step runAlone(Client client, Requests requests, Window window, long seed, GoodAnswer good)
            throws IOException, InterruptedException {
        return run(client, new ClosedLoop(requests.draw(seed), good), 1, window, true);
    }

    private static Step run(Client client, ClosedLoop loop, int connections, Window window, boolean keepBodies)
            throws IOException, InterruptedException {
        try (Client.Pool pool = client.open(connections, loop, keepBodies)) {
            Window.Interval counting = window.from(System.nanoTime());
            client.execute(() -> loop.tally.begin(counting));
            TimeUnit.NANOSECONDS.sleep(counting.from() - System.nanoTime());
            CpuMeter cpu = client.cpu();
            TimeUnit.NANOSECONDS.sleep(counting.to() - System.nanoTime());
            cpu.stop();
            return CompletableFuture.supplyAsync(() -> loop.tally.step(0, pool.reopened(), cpu), client::execute).join();
        }
    }

    @Override
    public void opened(Connection connection) {
        long now = System.nanoTime();
        tally.due(now);
        connection.ask(requests.get(), now);
    }

    @Override
    public void answered(Connection connection, Response response) {
        tally.answered(response.status(), connection.due(), response.nanoTime());
        if (response.status() == Tally.GOOD && tally.counts(connection.due())) {
            good.accept(connection.due(), response.nanoTime(), response.body());
        }
        opened(connection);
    }

    @Override
    public void closed(Connection connection) {
        tally.broken(connection.due());
    }
}
