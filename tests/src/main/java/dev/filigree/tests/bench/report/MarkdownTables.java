package dev.filigree.tests.bench.report;

import static dev.filigree.tests.bench.report.Markdown.digits;
import static dev.filigree.tests.bench.report.Markdown.percent;

import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.peer.Agreement;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import dev.filigree.tests.bench.report.BenchReport.KernelLine;
import dev.filigree.tests.bench.report.BenchReport.Peak;
import dev.filigree.tests.bench.report.BenchReport.StageLine;
import dev.filigree.tests.bench.report.BenchReport.StageTable;
import dev.filigree.tests.bench.report.BenchReport.TextCase;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A report as Markdown, for documentation whose figures come from a command. */
public final class MarkdownTables {
    private final BenchReport report;
    private final Markdown out = new Markdown();

    private MarkdownTables(BenchReport report) {
        this.report = report;
    }

    /** All tables that the report has figures for. */
    public static String of(BenchReport report) {
        return new MarkdownTables(report).text();
    }

    private String text() {
        out.text(report.machine().entrySet().stream()
                .map(fact -> fact.getKey() + " " + fact.getValue())
                .collect(Collectors.joining(", ")));
        out.text(". Medians of " + report.rounds() + " interleaved samples.\n");
        engines();
        report.cases().stream().map(one -> new Setting(one.threads(), one.caches())).distinct().forEach(setting -> {
            List<Case> cases = report.cases().stream().filter(setting::includes).toList();
            latencies(setting, cases);
            attributions(setting, cases);
        });
        texts();
        peaks();
        kernels();
        stages();
        return out.toString();
    }

    /** What the cases of one table have in common. */
    private record Setting(int threads, String caches) {
        boolean includes(Case one) {
            return one.threads() == threads && one.caches().equals(caches);
        }

        @Override
        public String toString() {
            return (threads == 1 ? "one thread" : threads + " threads") + ", " + caches + " caches";
        }
    }

    private void engines() {
        out.title("Engines");
        out.header("engine", "runs", "compared", "off by", "allowed");
        for (EngineFacts engine : report.engines()) {
            Agreement agreement = engine.agreement();
            out.row(engine.name(), engine.description(),
                    agreement == null ? "" : agreement.of() + " with " + agreement.with(),
                    agreement == null ? "" : offBy(agreement),
                    agreement == null ? "" : String.format(Locale.ROOT, "%.2g", agreement.tolerance()));
        }
        report.leftOut().forEach(engine -> out.row(engine.name(), "left out: " + engine.reason(), "", "", ""));
    }

    private static String offBy(Agreement agreement) {
        String exact = String.format(Locale.ROOT, "%.2g", agreement.gap());
        return agreement.asTimed() == agreement.gap()
                ? exact
                : String.format(Locale.ROOT, "%s (as timed %.2g)", exact, agreement.asTimed());
    }

    private void latencies(Setting setting, List<Case> cases) {
        out.title("Milliseconds of one call, and how many times those of the first engine: " + setting);
        List<String> names = report.engines().stream().map(EngineFacts::name).toList();
        out.header(Stream.concat(Stream.of("texts × tokens"), names.stream()));
        for (Case one : cases) {
            out.row(Stream.concat(Stream.of(shape(one)), names.stream().map(name -> Samples.of(one, name).map(timing ->
                    digits(timing.medianMillis()) + (timing.speedOfFirst() == 1 ? "" : " (" + Markdown.times(timing.speedOfFirst()) + ")"))
                    .orElse(""))));
        }
    }

    private void attributions(Setting setting, List<Case> cases) {
        String first = report.engines().getFirst().name();
        List<Attribution> attributions = cases.stream().map(one -> Attribution.of(one, first)).toList();
        if (attributions.stream().noneMatch(Attribution::tells)) {
            return;
        }
        out.title("What it is due to: " + setting);
        out.header("texts × tokens", "over ORT int8", "= engine", "× sparsity", "over ORT fp32", "= engine", "× int8", "× sparsity",
                "sparsity in fp32");
        for (int i = 0; i < cases.size(); i++) {
            Attribution a = attributions.get(i);
            out.row(shape(cases.get(i)), bold(a.overInt8()), times(a.engine()), times(a.sparsity()), bold(a.overFp32()),
                    times(a.engineFp32()), times(a.codes()), times(a.sparsity()), times(a.sparsityFp32()));
        }
    }

    private void texts() {
        if (report.texts().isEmpty()) {
            return;
        }
        out.title("From text to labels");
        out.header("engine", "input", "tokens", "threads", "text to labels", "encoder", "tokenizer", "tokenizer's share");
        for (TextCase one : report.texts()) {
            List<Timing> timings = one.timings();
            out.row(one.engine(), one.input(), String.valueOf(one.tokens()), String.valueOf(one.threads()),
                    digits(timings.get(0).medianMillis()), digits(timings.get(1).medianMillis()), digits(timings.get(2).medianMillis()),
                    String.format(Locale.ROOT, "%.2f %%", 100 * timings.get(2).speedOfFirst()));
        }
    }

    private void peaks() {
        if (report.peaks().isEmpty()) {
            return;
        }
        out.title("Peaks of one core");
        out.header("measure", "rate");
        for (Peak peak : report.peaks()) {
            out.row(peak.name(), String.format(Locale.ROOT, "%.0f %s", peak.value(), peak.unit()));
        }
    }

    private void kernels() {
        if (report.kernels().isEmpty()) {
            return;
        }
        KernelLine first = report.kernels().getFirst();
        out.title("Linear kernels alone, " + first.inputs() + " × " + first.outputs() + ", one thread");
        out.header("kernels", "weights", "tokens", "µs", "Gop/s on kept weights", "of the peak", "over dense");
        for (KernelLine line : report.kernels()) {
            out.row(line.level(), line.stored(), String.valueOf(line.tokens()), digits(line.micros()),
                    String.format(Locale.ROOT, "%.0f", line.gops()), line.ofPeak() > 0 ? percent(line.ofPeak()) : "",
                    Markdown.times(line.overDense()));
        }
    }

    /** One table of all cases of an engine: milliseconds, share of the call, and share of the roof where products are computed. */
    private void stages() {
        List<String> engines = report.stages().stream().map(StageTable::engine).distinct().toList();
        for (String engine : engines) {
            List<StageTable> tables = report.stages().stream().filter(table -> table.engine().equals(engine)).toList();
            out.title("Where the time goes, " + engine + ", one thread: milliseconds, share of the call, share of the roof");
            out.header(Stream.concat(Stream.of("stage"), tables.stream().map(table -> table.batch() + " × " + table.seq())));
            for (int i = 0; i < tables.getFirst().stages().size(); i++) {
                int stage = i;
                out.row(Stream.concat(Stream.of(tables.getFirst().stages().get(stage).stage()),
                        tables.stream().map(table -> cell(table, table.stages().get(stage)))));
            }
            out.row(Stream.concat(Stream.of("all"), tables.stream().map(table -> digits(table.millis()))));
        }
    }

    private static String cell(StageTable table, StageLine line) {
        String cell = digits(line.millis()) + " · " + percent(line.millis() / table.millis());
        return line.roofMillis() > 0 ? cell + " · " + percent(line.roofMillis() / line.millis()) : cell;
    }

    private static String shape(Case one) {
        return one.batch() + " × " + one.seq();
    }

    private static String times(OptionalDouble ratio) {
        return ratio.isPresent() ? Markdown.times(ratio.getAsDouble()) : "";
    }

    private static String bold(OptionalDouble ratio) {
        return ratio.isPresent() ? "**" + Markdown.times(ratio.getAsDouble()) + "**" : "";
    }
}
