package dev.filigree.tests.load;

import dev.filigree.runtime.TextInput;
import dev.filigree.tests.bench.MachineFacts;
import dev.filigree.tests.load.client.Client;
import dev.filigree.tests.load.client.ClosedLoop;
import dev.filigree.tests.load.client.OpenLoop;
import dev.filigree.tests.load.client.Requests;
import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.client.Window;
import dev.filigree.tests.load.process.Trend;
import dev.filigree.tests.load.process.Vitals;
import dev.filigree.tests.load.report.Capacity;
import dev.filigree.tests.load.report.LoadReport;
import dev.filigree.tests.load.report.Lone;
import dev.filigree.tests.load.report.Overload;
import dev.filigree.tests.load.report.SteadyRound;
import dev.filigree.tests.load.soak.Soak;
import dev.filigree.tests.load.soak.SoakResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Runs the scenarios of a plan, one after the other. */
final class LoadRun {
    private static final double STEADY = 0.7;
    private static final double OVERLOAD = 3;
    private static final double PERCENT = 100;
    private static final double NANOS_PER_MICRO = 1e3;
    private static final int BUSY_CONNECTIONS = 32;
    /** At most, of each step: what the step before has left behind is over by then. */
    private static final Duration SETTLE = Duration.ofSeconds(1);
    /** At most, and often enough in a short run. */
    private static final Duration READ_EVERY = Duration.ofSeconds(1);
    private static final int READINGS = 30;
    private static final int COLLECTIONS = 12;
    /** So small a budget that every text is computed alone. */
    private static final List<String> UNBATCHED = List.of("--batch-tokens", "1");
    private static final List<String> LEAKS = List.of("-Dio.netty.leakDetection.level=paranoid");

    private final LoadPlan plan;
    private final LoadTarget target;
    private final Consumer<String> progress;

    LoadRun(LoadPlan plan, LoadTarget target, Consumer<String> progress) {
        this.plan = plan;
        this.target = target;
        this.progress = progress;
    }

    /**
     * Runs.
     *
     * @throws IOException when a server cannot be started or asked, or misbehaves
     */
    LoadReport run() throws IOException, InterruptedException {
        Optional<Lone> lone = Optional.empty();
        Optional<Capacity> capacity = Optional.empty();
        List<SteadyRound> steady = List.of();
        List<Step> sweep = new ArrayList<>();
        Optional<Overload> overload = Optional.empty();
        if (!plan.scenarios().equals(Set.of(Scenario.SOAK))) {
            try (Served served = target.open(plan.serverJava(), plan.serverFlags()); Client client = served.client()) {
                List<TextInput> texts = Texts.fitting(served.uri());
                Requests requests = Requests.classify(served.address(), texts);
                warm(client, requests);
                if (plan.needsLone()) {
                    lone = Optional.of(lone(client, requests, texts));
                }
                if (plan.needsCapacity()) {
                    capacity = Optional.of(capacity(client, requests, texts));
                }
                if (plan.has(Scenario.STEADY)) {
                    steady = steady(client, requests);
                }
                if (plan.has(Scenario.SWEEP)) {
                    for (int percent : plan.sweep()) {
                        sweep.add(open(client, requests, capacity.orElseThrow().perSecond(), percent / PERCENT, plan.step()));
                    }
                }
                if (plan.has(Scenario.OVERLOAD)) {
                    overload = Optional.of(overload(served, client, requests));
                }
                List<String> wrong = served.stop();
                if (!wrong.isEmpty()) {
                    throw new IOException("Under load, " + wrong.getFirst() + ".");
                }
            }
        }
        Optional<SoakResult> soak = plan.has(Scenario.SOAK) ? Optional.of(soak()) : Optional.empty();
        return new LoadReport(MachineFacts.hereWithoutPeers(), setup(), lone, capacity, steady, sweep, overload, soak);
    }

    private Map<String, String> setup() {
        Map<String, String> setup = new LinkedHashMap<>();
        setup.put("server", target.toString());
        setup.put("its JVM's flags", String.join(" ", plan.serverJava()));
        setup.put("its flags", String.join(" ", plan.serverFlags()));
        setup.put("arrivals", plan.arrivals().name().toLowerCase(Locale.ROOT));
        setup.put("connections", Integer.toString(plan.connections()));
        setup.put("seed", Long.toString(plan.seed()));
        setup.values().removeIf(String::isEmpty);
        return setup;
    }

    private void warm(Client client, Requests requests) throws IOException, InterruptedException {
        progress.accept("warming up the server");
        ClosedLoop.run(client, requests, BUSY_CONNECTIONS, new Window(Duration.ZERO, plan.warmup()), plan.seed());
    }

    /** A request that comes alone takes another way through a server than those that are gathered, and code of its own to be compiled. */
    private void warmAlone(Client client, Requests requests) throws IOException, InterruptedException {
        ClosedLoop.runAlone(client, requests, new Window(Duration.ZERO, plan.warmup()), plan.seed(), ClosedLoop.GoodAnswer.IGNORED);
    }

    private Lone lone(Client client, Requests requests, List<TextInput> texts) throws IOException, InterruptedException {
        progress.accept("one request at a time");
        warmAlone(client, requests);
        Window window = counted(plan.step());
        Step health = ClosedLoop.runAlone(client, Requests.health(client.target()), window, plan.seed(), ClosedLoop.GoodAnswer.IGNORED);
        LoneMeter meter = new LoneMeter();
        Step alone = answering(ClosedLoop.runAlone(client, requests, window, plan.seed(), meter));
        LoneMeter bare = new LoneMeter();
        if (meter.stages().isPresent()) {
            askBare(meter.stages().get(), texts, bare);
        }
        return new Lone(alone.good(), health.good(), meter.stages(), bare.stages().map(Lone.Stages::overhead), bare.way());
    }

    private void askBare(Lone.Stages stages, List<TextInput> texts, LoneMeter meter) throws IOException, InterruptedException {
        progress.accept("the same with a server that is only busy for as long");
        Duration busy = Duration.ofNanos(Math.round(stages.compute() * NANOS_PER_MICRO));
        Optional<Served> bare = target.openBare(busy, plan.serverJava());
        if (bare.isEmpty()) {
            return;
        }
        try (Served served = bare.get(); Client client = served.client()) {
            Requests requests = Requests.classify(served.address(), texts);
            warm(client, requests);
            warmAlone(client, requests);
            ClosedLoop.runAlone(client, requests, counted(plan.step()), plan.seed(), meter);
        }
    }

    private Capacity capacity(Client client, Requests requests, List<TextInput> texts) throws IOException, InterruptedException {
        List<Double> batched = new ArrayList<>();
        List<Double> unbatched = new ArrayList<>();
        if (plan.has(Scenario.BATCHING) && target.canStart()) {
            List<String> flags = new ArrayList<>(plan.serverFlags());
            flags.addAll(UNBATCHED);
            try (Served alone = target.open(plan.serverJava(), flags); Client second = alone.client()) {
                Requests toAlone = Requests.classify(alone.address(), texts);
                warm(second, toAlone);
                for (int round = 0; round < plan.rounds(); round++) {
                    batched.add(busy(client, requests, round));
                    unbatched.add(busy(second, toAlone, round));
                }
            }
        } else {
            for (int round = 0; round < plan.rounds(); round++) {
                batched.add(busy(client, requests, round));
            }
        }
        return new Capacity(BUSY_CONNECTIONS, batched, unbatched);
    }

    private double busy(Client client, Requests requests, int round) throws IOException, InterruptedException {
        progress.accept("capacity, round " + (round + 1) + " of " + plan.rounds());
        return answering(ClosedLoop.run(client, requests, BUSY_CONNECTIONS, counted(plan.step()), plan.seed() + round))
                .goodPerSecond();
    }

    /** In turns: what the steady load is compared with, and the load. */
    private List<SteadyRound> steady(Client client, Requests requests) throws IOException, InterruptedException {
        List<SteadyRound> rounds = new ArrayList<>();
        for (int round = 0; round < plan.rounds(); round++) {
            Step alone = answering(ClosedLoop.runAlone(
                    client, requests, counted(plan.step().dividedBy(2)), plan.seed() + round, ClosedLoop.GoodAnswer.IGNORED));
            double capacity = busy(client, requests, round);
            Step step = open(client, requests, capacity, STEADY, plan.steady().dividedBy(plan.rounds()));
            rounds.add(new SteadyRound(alone.good().p50(), capacity, step));
        }
        return rounds;
    }

    private Step open(Client client, Requests requests, double capacity, double load, Duration length) throws IOException {
        double perSecond = load * capacity;
        progress.accept(String.format(Locale.ROOT, "%.0f requests a second, %.0f %% of capacity", perSecond, PERCENT * load));
        return answering(OpenLoop.run(client, requests,
                new OpenLoop.Plan(plan.arrivals(), perSecond, plan.connections(), counted(length), plan.seed())));
    }

    private Overload overload(Served served, Client client, Requests requests) throws IOException, InterruptedException {
        double before = busy(client, requests, 0);
        // A while of it untold: the first crowd makes the heap and the buffers grow to what the rest needs.
        open(client, requests, before, OVERLOAD, plan.step());
        try (Vitals vitals = vitals(served, plan.overload())) {
            Step step = open(client, requests, before, OVERLOAD, plan.overload());
            List<Trend> trends = vitals.trends();
            return new Overload(List.of(before, busy(client, requests, 1)), step, trends);
        }
    }

    private SoakResult soak() throws IOException, InterruptedException {
        List<String> java = new ArrayList<>(plan.serverJava());
        java.addAll(LEAKS);
        try (Served served = target.open(java, plan.serverFlags())) {
            Soak soak = new Soak(served.address(), Texts.fitting(served.uri()), Soak.Habits.USUAL, plan.seed());
            progress.accept("soaking for " + plan.soak());
            SoakResult result;
            try (Vitals vitals = vitals(served, plan.soak())) {
                result = soak.run(plan.soak(), vitals);
            }
            return result.with(served.stop());
        }
    }

    private static Vitals vitals(Served served, Duration length) throws IOException {
        return new Vitals(served.probe(), shorter(READ_EVERY, length.dividedBy(READINGS)), length.dividedBy(COLLECTIONS));
    }

    private static Window counted(Duration length) {
        return new Window(shorter(SETTLE, length), length);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Step answering(Step step) throws IOException {
        if (step.good().count() == step.unanswered()) {
            throw new IOException("The server answered no request with 200: " + step.sent() + " were sent, the statuses were "
                    + step.statuses() + ", " + step.broken() + " connections broke.");
        }
        return step;
    }
}
