package dev.filigree.tests.load.soak;

import dev.filigree.runtime.TextInput;
import dev.filigree.tests.load.client.Requests;
import dev.filigree.tests.load.process.Trend;
import dev.filigree.tests.load.process.Vitals;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Steady mixed traffic: good requests of all kinds, malformed ones, clients that leave at every moment, crowds, and reloads of the model.
 * Nothing may come of it but good answers, the same for the same text every time, and the refusals that were asked for.
 */
public final class Soak {
    private static final int CROWD_TEXTS = 4;
    private static final String CROWD_DEED = "in a crowd";
    /** In a shorter time the compiler and the heap still grow into their work. */
    private static final Duration JUDGED = Duration.ofMinutes(5);
    private static final double MILLIS_PER_MINUTE = 60_000;

    private final InetSocketAddress server;
    private final List<TextInput> texts;
    private final Habits habits;
    private final long seed;
    private final Ledger ledger = new Ledger();

    /**
     * How the traffic is made up.
     *
     * @param actors that act side by side
     * @param pause mean time between an actor's deeds
     * @param patience how long an answer may take; a connection that takes longer has stalled
     * @param reloadEvery how often a model is reloaded
     * @param crowdEvery how often a crowd comes
     * @param crowd how many are in it
     */
    public record Habits(int actors, Duration pause, Duration patience, Duration reloadEvery, Duration crowdEvery, int crowd) {
        /** About 150 deeds a second, a reload every 10 s, and every 30 s a crowd of more than a server queues unless told otherwise. */
        public static final Habits USUAL = new Habits(
                16, Duration.ofMillis(100), Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(30), 400);
    }

    /** A soak of a server with texts that its model takes; it can run once. */
    public Soak(InetSocketAddress server, List<TextInput> texts, Habits habits, long seed) {
        this.server = server;
        this.texts = List.copyOf(texts);
        this.habits = habits;
        this.seed = seed;
    }

    /**
     * Runs to its end, whatever it finds.
     *
     * @param length how long
     * @param vitals of the server, read meanwhile; growth is a violation in a soak of 5 minutes or more
     */
    public SoakResult run(Duration length, Vitals vitals) throws InterruptedException {
        long end = System.nanoTime() + length.toNanos();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            IntStream.range(0, habits.actors()).forEach(i -> all.add(threads.submit(() -> act(i, end))));
            Reloads reloads = new Reloads(server, ledger, habits.patience());
            all.add(threads.submit(() -> every(habits.reloadEvery(), end, reloads::reload)));
            all.add(threads.submit(() -> every(habits.crowdEvery(), end, () -> crowd(threads))));
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("The soak itself failed.", e.getCause());
        }
        List<Trend> trends = vitals.trends();
        if (length.compareTo(JUDGED) >= 0) {
            trends.stream().filter(trend -> trend.gauge().isHeld() && trend.isGrown()).forEach(trend -> ledger.violation(
                    trend.gauge().label(), String.format(Locale.ROOT, "grew from %.1f in the first third to %.1f %s in the last",
                            trend.firstThird(), trend.lastThird(), trend.gauge().unit())));
        }
        return new SoakResult(length.toMillis() / MILLIS_PER_MINUTE, seed, ledger.deeds(), ledger.compared(), trends, ledger.violations());
    }

    private void act(int number, long end) {
        try (Actor actor = new Actor(server, texts, ledger, habits.patience(), seed + number)) {
            while (System.nanoTime() - end < 0) {
                actor.act();
                LockSupport.parkNanos(Math.min(actor.pause(habits.pause()), end - System.nanoTime()));
            }
        }
    }

    /** The first time at once. */
    private static void every(Duration interval, long end, Runnable task) {
        while (System.nanoTime() - end < 0) {
            task.run();
            LockSupport.parkNanos(Math.min(interval.toNanos(), end - System.nanoTime()));
        }
    }

    /** Many come at once, each over a connection of its own, and leave when they are answered or refused. */
    private void crowd(ExecutorService threads) {
        List<TextInput> asked = texts.subList(0, Math.min(CROWD_TEXTS, texts.size()));
        byte[] request = Requests.post(server, Requests.body(asked));
        List<? extends Future<?>> all =
                IntStream.range(0, habits.crowd()).mapToObj(i -> threads.submit(() -> join(request, asked))).toList();
        for (Future<?> one : all) {
            try {
                one.get();
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException("The soak itself failed.", e);
            }
        }
    }

    private void join(byte[] request, List<TextInput> asked) {
        try (Wire wire = new Wire(server, habits.patience())) {
            wire.send(request);
            Wire.Reply reply = wire.read();
            ledger.note(CROWD_DEED, Integer.toString(reply.status()));
            switch (reply.status()) {
                case 200 -> ledger.compare(CROWD_DEED, asked, reply.body());
                case 429 -> {
                    if (!reply.headers().containsKey("retry-after")) {
                        ledger.violation(CROWD_DEED, "a refusal does not say when to come again");
                    }
                }
                default -> ledger.violation(
                        CROWD_DEED, "answered with " + reply.status() + ": " + new String(reply.body(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            ledger.violation(CROWD_DEED, "a connection broke or stalled: " + e.getMessage());
        }
    }
}
