package dev.filigree.tests.load.report;

import dev.filigree.tests.bench.report.Markdown;
import dev.filigree.tests.load.client.Latency;
import dev.filigree.tests.load.client.Step;
import dev.filigree.tests.load.process.Trend;
import dev.filigree.tests.load.soak.SoakResult;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A report as Markdown, for the terminal and for documentation whose figures come from a command. */
public final class LoadTables {
    private static final double MICROS_PER_MILLI = 1e3;

    private final LoadReport report;
    private final Markdown out = new Markdown();

    private LoadTables(LoadReport report) {
        this.report = report;
    }

    /** All tables that the report has figures for, the bars first. */
    public static String of(LoadReport report) {
        return new LoadTables(report).text();
    }

    private String text() {
        out.text(facts(report.machine()) + ".\n\n" + facts(report.setup()) + ".\n");
        bars();
        report.lone().ifPresent(this::lone);
        report.capacity().ifPresent(this::capacity);
        steady();
        steps();
        report.overload().ifPresent(overload -> trends("What the server held during the overload", overload.trends()));
        report.soak().ifPresent(this::soak);
        return out.toString();
    }

    private static String facts(Map<String, String> facts) {
        return facts.entrySet().stream().map(fact -> fact.getKey() + " " + fact.getValue()).collect(Collectors.joining(", "));
    }

    private void bars() {
        List<Bar> bars = report.bars();
        if (bars.isEmpty()) {
            return;
        }
        out.title("Against what was aimed at");
        out.header("", "aim", "measured", "");
        for (Bar bar : bars) {
            out.row(bar.what(), (bar.atLeast() ? "≥ " : "≤ ") + amount(bar.limit(), bar.unit()),
                    bar.measured().map(value -> amount(value, bar.unit())).orElse("not measured"),
                    bar.verdict().name().toLowerCase(Locale.ROOT));
        }
    }

    private static String amount(double value, String unit) {
        String number = value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Markdown.digits(value);
        return unit.isEmpty() ? number : number + " " + unit;
    }

    private void lone(Lone lone) {
        out.title("A lone request, µs");
        out.header("", "median", "p90", "p99", "requests");
        times("POST /v1/classify", lone.latency());
        times("GET /health/live", lone.health());
        lone.stages().ifPresent(stages -> {
            out.title("Where a lone request's time goes, medians in µs");
            out.header("tokenizer", "queue", "kernels", "all in the server", "overhead", "overhead, p99",
                    "overhead of a bare server", "of it there", "of it back", "the rest");
            out.row(Markdown.digits(stages.tokenize()), Markdown.digits(stages.queue()), Markdown.digits(stages.compute()),
                    Markdown.digits(stages.total()), Markdown.digits(stages.overhead()), Markdown.digits(stages.overheadP99()),
                    lone.bareOverhead().map(Markdown::digits).orElse(""),
                    lone.bareWay().map(Lone.Way::there).map(Markdown::digits).orElse(""),
                    lone.bareWay().map(Lone.Way::back).map(Markdown::digits).orElse(""),
                    lone.overheadWithoutClient().map(Markdown::digits).orElse(""));
        });
    }

    private void times(String what, Latency latency) {
        out.row(what, Markdown.digits(latency.p50()), Markdown.digits(latency.p90()), Markdown.digits(latency.p99()),
                Long.toString(latency.count()));
    }

    private void capacity(Capacity capacity) {
        out.title("Requests a second that " + capacity.connections() + " connections get answered, round by round");
        out.header("", "median", "rounds");
        out.row("with batching", Markdown.digits(capacity.perSecond()), rounds(capacity.batched()));
        capacity.gain().ifPresent(gain -> {
            out.row("each text alone", "", rounds(capacity.unbatched()));
            out.row("ratio", Markdown.times(gain), "");
        });
    }

    private static String rounds(List<Double> rounds) {
        return rounds.stream().map(Markdown::digits).collect(Collectors.joining(", "));
    }

    private void steady() {
        if (report.steady().isEmpty()) {
            return;
        }
        out.title("At 70 % of capacity, round by round; times in ms");
        out.header("lone median", "capacity/s", "offered/s", "seconds", "p50", "p99", "over lone median", "longest", "refused or failed",
                "client late p99");
        for (SteadyRound round : report.steady()) {
            Step step = round.step();
            out.row(millis(round.loneMicros()), Markdown.digits(round.capacity()), Markdown.digits(step.offeredPerSecond()),
                    String.format(Locale.ROOT, "%.0f", step.seconds()), millis(step.good().p50()), millis(step.good().p99()),
                    Markdown.times(round.slowestPercent()), millis(step.good().max()),
                    Long.toString(step.failed() + step.refused().count()), millis(step.lateness().p99()));
        }
    }

    private void steps() {
        if (report.sweep().isEmpty() && report.overload().isEmpty()) {
            return;
        }
        out.title("Requests at given times; latencies in ms from when each was to be sent");
        out.header("offered/s", "of capacity", "seconds", "answered/s", "p50", "p99", "p99.9", "longest", "refused", "refusal p50",
                "refusal p99", "failed", "cores server", "cores client", "client late p99");
        report.sweep().forEach(this::step);
        report.overload().map(Overload::step).ifPresent(this::step);
    }

    private void step(Step step) {
        Latency good = step.good();
        Latency refused = step.refused();
        out.row(Markdown.digits(step.offeredPerSecond()),
                report.capacity().map(most -> Markdown.percent(step.offeredPerSecond() / most.perSecond())).orElse(""),
                String.format(Locale.ROOT, "%.0f", step.seconds()), Markdown.digits(step.goodPerSecond()),
                millis(good.p50()), millis(good.p99()), millis(good.p999()), millis(good.max()),
                Markdown.percent(step.sent() == 0 ? 0 : (double) refused.count() / step.sent()),
                refused.count() == 0 ? "" : millis(refused.p50()), refused.count() == 0 ? "" : millis(refused.p99()),
                Long.toString(step.failed()), step.serverCores().map(Markdown::digits).orElse(""), Markdown.digits(step.clientCores()),
                millis(step.lateness().p99()));
    }

    private static String millis(double micros) {
        return Markdown.digits(micros / MICROS_PER_MILLI);
    }

    private void trends(String title, List<Trend> trends) {
        if (trends.isEmpty()) {
            return;
        }
        out.title(title);
        out.header("", "first third", "last third", "ratio", "a minute", "most", "readings");
        for (Trend trend : trends) {
            String unit = trend.gauge().unit();
            out.row(trend.gauge().label(), amount(trend.firstThird(), unit), amount(trend.lastThird(), unit),
                    Markdown.times(trend.ratio()), String.format(Locale.ROOT, "%+.2f %s", trend.perMinute(), unit).strip(),
                    amount(trend.max(), unit), Integer.toString(trend.samples()));
        }
    }

    private void soak(SoakResult soak) {
        out.title(String.format(Locale.ROOT, "Soak of %.1f minutes, seed %d: %s; %d answers were compared with the first for their text",
                soak.minutes(), soak.seed(), soak.passed() ? "passed" : "FAILED", soak.answersCompared()));
        out.header("what was done", "what came of it");
        new TreeMap<>(soak.deeds()).forEach((deed, outcomes) -> out.row(deed, new TreeMap<>(outcomes).entrySet().stream()
                .map(outcome -> outcome.getKey() + ": " + outcome.getValue())
                .collect(Collectors.joining(", "))));
        trends("What the server held during the soak", soak.trends());
        if (!soak.passed()) {
            out.title("What should not have been");
            soak.violations().forEach(violation -> out.text("- " + violation + "\n"));
        }
    }
}
