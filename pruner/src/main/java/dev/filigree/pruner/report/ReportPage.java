package dev.filigree.pruner.report;

import dev.filigree.pruner.train.Curve;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** A report as one page that needs nothing else: no script, no font, no picture from anywhere. It is well-formed XML, too. */
final class ReportPage {
    private static final String STYLE = "/dev/filigree/pruner/report/report.css";
    private static final double MEGA = 1e6;

    private final RunReport report;

    private ReportPage(RunReport report) {
        this.report = report;
    }

    /** The page. */
    static String of(RunReport report) {
        return new ReportPage(report).page();
    }

    private String page() {
        String title = report.task() + ", " + shortPattern() + ", " + report.base();
        String head = Html.element("head",
                "<meta charset=\"utf-8\"/>",
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>",
                "<meta name=\"color-scheme\" content=\"light dark\"/>",
                Html.element("title", Html.text(title)),
                Html.element("style", style()));
        String main = Html.with("main", "id=\"main\"", accuracy(), energy(), training(), patterns(), size(), latency(), origin());
        return "<!DOCTYPE html>\n" + Html.with("html", "lang=\"en\"", head,
                Html.element("body", Html.with("a", "class=\"skip\" href=\"#main\"", "Skip to the report"), top(), main)) + "\n";
    }

    /** Rules for single linears are left to the settings. */
    private String shortPattern() {
        int rules = report.pattern().indexOf(',');
        return rules < 0 ? report.pattern() : report.pattern().substring(0, rules) + ", mixed";
    }

    private String top() {
        RunReport.Metric metric = report.metrics().getFirst();
        RunReport.Sizes sizes = report.sizes();
        StringBuilder cards = new StringBuilder();
        cards.append(card(words(metric.name()) + ", packed", Html.points(metric.packed().value()),
                "95 % interval " + range(metric.packed(), false)));
        cards.append(card("against the dense model", Html.change(metric.packedMinusDense().value()),
                "95 % interval " + range(metric.packedMinusDense(), true)));
        cards.append(card("size", Html.data(sizes.packed(), Html.number(sizes.packed() / MEGA, 1) + " MB"),
                Html.number(100.0 * sizes.packed() / sizes.denseFp32(), 1) + " % of the weights in fp32"));
        report.latency().cases().stream().findFirst().ifPresent(first -> cards.append(card("speed, one text",
                Html.data(first.ratio(), Html.number(first.ratio(), 2) + "\u00d7"), "of the same model dense, in this runtime")));
        String links = sections().entrySet().stream()
                .map(section -> Html.with("a", "href=\"#" + section.getKey() + "\"", section.getValue()))
                .collect(Collectors.joining());
        return Html.element("header",
                Html.with("p", "class=\"eyebrow\"", "Filigree report"),
                Html.element("h1", Html.text(report.task() + " \u00b7 " + shortPattern())),
                Html.with("p", "class=\"lead\"", Html.text(report.base() + " pruned by " + report.method() + ", seed " + report.seed())),
                Html.with("div", "class=\"cards\"", cards.toString()),
                Html.with("nav", "aria-label=\"Sections\"", links));
    }

    private static SequencedMap<String, String> sections() {
        SequencedMap<String, String> sections = new LinkedHashMap<>();
        sections.put("accuracy", "Accuracy");
        sections.put("energy", "Energy");
        sections.put("training", "Training");
        sections.put("patterns", "Patterns");
        sections.put("size", "Size");
        sections.put("latency", "Latency");
        sections.put("origin", "How it was made");
        return sections;
    }

    private static String section(String id, String... content) {
        return Html.with("section", "id=\"" + id + "\"", Html.element("h2", sections().get(id)), String.join("", content));
    }

    private static String card(String label, String figure, String note) {
        return Html.with("div", "class=\"card\"", Html.with("p", "class=\"label\"", label), Html.with("p", "class=\"figure\"", figure),
                Html.with("p", "class=\"note\"", note));
    }

    private String accuracy() {
        StringBuilder charts = new StringBuilder();
        StringBuilder rows = new StringBuilder();
        List<WhiskerChart.Line> differences = new ArrayList<>();
        for (RunReport.Metric metric : report.metrics()) {
            String name = name(metric);
            charts.append(figure(name + ", in points, on " + metric.examples() + " examples", WhiskerChart.of(name, List.of(
                    new WhiskerChart.Line("dense, fp32", "dense", metric.dense()),
                    new WhiskerChart.Line("pruned, fp32", "pruned", metric.pruned()),
                    new WhiskerChart.Line("packed file", "packed", metric.packed())), false)));
            differences.add(new WhiskerChart.Line(name + ", pruned", "pruned", metric.prunedMinusDense()));
            differences.add(new WhiskerChart.Line(name + ", packed", "packed", metric.packedMinusDense()));
            rows.append(Html.row(Html.text(name), Integer.toString(metric.examples()), scored(metric.dense(), false),
                    scored(metric.pruned(), false), scored(metric.packed(), false), scored(metric.prunedMinusDense(), true),
                    scored(metric.packedMinusDense(), true), metric.interval()));
        }
        charts.append(figure("Difference to the dense model, in points",
                WhiskerChart.of("Difference to the dense model", differences, true)));
        boolean regression = report.metrics().getFirst().name().equals("pearson");
        String agreement = Html.element("p", regression
                ? "The packed file\u2019s scores correlate with the dense model\u2019s by "
                        + Html.data(report.agreement(), Html.number(report.agreement(), 4))
                : "The packed file answers " + Html.data(report.agreement(), Html.number(100 * report.agreement(), 2) + " %")
                        + " of the examples as the dense model does",
                "; its largest difference of a logit to the trainer with the same weights is "
                        + Html.data(report.logitGap(), String.format(Locale.ROOT, "%.1e", report.logitGap())) + ".");
        String table = Html.scrolling("Scores", Html.element("table",
                Html.element("caption", "Scores in points with 95 % confidence intervals"),
                Html.heads("metric", "examples", "dense", "pruned", "packed", "pruned \u2212 dense", "packed \u2212 dense", "interval"),
                Html.element("tbody", rows.toString())));
        return section("accuracy", Html.element("p", "Whiskers are 95 % confidence intervals: Wilson's for accuracies, a bootstrap of "
                + Bootstrap.RESAMPLES + " resamples for the others. Differences are paired: all models see the same resampled examples. "
                + "They tell how far other texts of the kind could move a score, not how far another seed of the training could."),
                charts.toString(), agreement, table);
    }

    private static String scored(Interval interval, boolean difference) {
        return (difference ? Html.change(interval.value()) : Html.points(interval.value())) + "<br/>"
                + Html.with("small", "class=\"range\"", range(interval, difference));
    }

    private static String range(Interval interval, boolean difference) {
        return difference
                ? Html.change(interval.low()) + " to " + Html.change(interval.high())
                : Html.points(interval.low()) + " to " + Html.points(interval.high());
    }

    private String name(RunReport.Metric metric) {
        return words(metric.name()) + (metric.split().equals("dev") || metric.name().contains("matched") ? "" : ", " + metric.split());
    }

    private static String words(String name) {
        return name.replace('_', ' ');
    }

    private String energy() {
        return section("energy",
                Html.element("p", "The share of the dense weights\u2019 squares at the weights that the patterns keep; the rest is lost. "
                        + "On average " + Html.data(report.keptEnergy(), Html.number(100 * report.keptEnergy(), 1) + " %")
                        + " is kept. Low figures are not bad in themselves: the second-order methods choose patterns by what their removal "
                        + "costs in a layer\u2019s outputs, and refit the kept weights."),
                Html.scrolling("Kept energy", HeatTable.energy(report.linears())));
    }

    private String training() {
        StringBuilder figures = new StringBuilder();
        for (Curve curve : report.curves()) {
            SequencedMap<String, List<LineChart.Point>> loss = new LinkedHashMap<>();
            loss.put("loss", curve.points().stream().map(point -> new LineChart.Point(point.step(), point.loss())).toList());
            figures.append(figure(curve.phase() + ": loss over " + curve.steps() + " steps",
                    LineChart.of(curve.phase() + ", loss", curve.steps(), loss)));
            SequencedMap<String, List<LineChart.Point>> residuals = new LinkedHashMap<>();
            for (Curve.Point point : curve.points()) {
                point.residuals().forEach((name, value) -> residuals.computeIfAbsent(name, key -> new ArrayList<>())
                        .add(new LineChart.Point(point.step(), value)));
            }
            if (!residuals.isEmpty()) {
                figures.append(figure(curve.phase() + ": " + String.join(", ", residuals.keySet()),
                        LineChart.of(curve.phase() + ", figures of the method", curve.steps(), residuals)));
            }
        }
        return section("training", Html.element("p", report.curves().isEmpty()
                ? "Nothing was trained."
                : "A point stands for one step, or for several neighbouring ones. A step of a one-shot method is a linear, and its loss "
                        + "what of the linear\u2019s output is lost. ADMM\u2019s primal residual says how far the weights are from the "
                        + "pattern, its dual residual how far the pattern still moves."),
                figures.toString());
    }

    private String patterns() {
        Map<String, List<RunReport.PrunedLinear>> bySparsity = report.linears().stream()
                .filter(linear -> !linear.patterns().isEmpty())
                .collect(Collectors.groupingBy(RunReport.PrunedLinear::sparsity, LinkedHashMap::new, Collectors.toList()));
        StringBuilder tables = new StringBuilder();
        bySparsity.forEach((sparsity, linears) ->
                tables.append(Html.scrolling("Use of patterns, " + sparsity, HeatTable.patterns(sparsity, linears))));
        return section("patterns", Html.element("p", bySparsity.isEmpty()
                ? "Every linear is dense: there is no pattern."
                : "Which inputs of a group are kept (\u25a0), and how often. Where all columns are alike, no place in a group is "
                        + "preferred."),
                tables.toString());
    }

    private String size() {
        RunReport.Sizes sizes = report.sizes();
        StringBuilder rows = new StringBuilder();
        long most = sizes.parts().values().stream().mapToLong(Long::longValue).max().orElse(1);
        sizes.parts().forEach((part, bytes) -> rows.append(Html.row(Html.text(part), Html.bytes(bytes),
                Html.number(100.0 * bytes / sizes.packed(), 1) + " %", bar("packed", bytes / (double) most))));
        return section("size", Html.element("p", Html.bytes(sizes.packed()) + " bytes, of " + Html.bytes(sizes.denseFp32())
                        + " that the weights take unpruned in fp32."),
                Html.scrolling("Size by part", Html.with("table", "class=\"bars\"",
                        Html.element("caption", "What the bytes of the file hold"), Html.heads("part", "bytes", "share", ""),
                        Html.element("tbody", rows.toString()))));
    }

    private String latency() {
        RunReport.Latency latency = report.latency();
        StringBuilder rows = new StringBuilder();
        for (RunReport.LatencyCase timed : latency.cases()) {
            double most = Math.max(timed.packedMillis(), timed.denseMillis());
            rows.append(Html.row(Html.text(timed.name() + (timed.texts() > 1 ? " (" + timed.texts() + ")" : "")),
                    Html.data(timed.packedMillis(), Html.number(timed.packedMillis(), 2)),
                    Html.data(timed.denseMillis(), Html.number(timed.denseMillis(), 2)),
                    Html.data(timed.ratio(), Html.number(timed.ratio(), 2)),
                    bar("packed", timed.packedMillis() / most) + bar("dense", timed.denseMillis() / most)));
        }
        return section("latency", Html.element("p", "Text to labels with evaluation texts, provider " + Html.text(latency.provider()) + ", "
                        + latency.threads() + " thread, " + latency.rounds() + " rounds in turns with the same model dense in the "
                        + "same types. A few seconds on a machine that may be busy: noisy, for a first idea. "
                        + "<code>filigree bench</code> measures."),
                Html.scrolling("Latency", Html.with("table", "class=\"bars\"",
                        Html.element("caption", "Medians in milliseconds"), Html.heads("call", "packed", "dense", "dense / packed", ""),
                        Html.element("tbody", rows.toString()))));
    }

    private static String bar(String kind, double share) {
        return Html.with("span", "class=\"bar " + kind + "\" style=\"inline-size:" + Html.number(100 * share, 1) + "%\"", "");
    }

    private String origin() {
        StringBuilder data = new StringBuilder();
        report.data().forEach(file -> data.append(Html.row(Html.text(file.name()), String.format(Locale.ROOT, "%,d", file.rows()),
                file.subset() ? String.format(Locale.ROOT, "part of %,d", file.official()) : "all",
                Html.element("code", Html.text(file.sha256())))));
        StringBuilder seconds = new StringBuilder();
        report.seconds().forEach((phase, time) -> seconds.append(Html.row(Html.text(phase), Html.data(time, Html.number(time, 1)))));
        SequencedMap<String, String> settings = new LinkedHashMap<>();
        settings.put("base", report.base());
        settings.put("method", report.method());
        settings.putAll(report.settings());
        SequencedMap<String, String> here = new LinkedHashMap<>(report.versions());
        here.putAll(report.machine());
        here.put("threads", Integer.toString(report.threads()));
        here.put("report made", report.date());
        return section("origin",
                Html.scrolling("Data", Html.element("table", Html.element("caption", "Data"),
                        Html.heads("file", "rows", "of GLUE\u2019s", "SHA-256"), Html.element("tbody", data.toString()))),
                Html.with("div", "class=\"columns\"", pairs("Settings", settings), pairs("Where", here),
                        Html.element("table", Html.element("caption", "Wall time"), Html.heads("phase", "seconds"),
                                Html.element("tbody", seconds.toString()))));
    }

    private static String pairs(String caption, Map<String, String> values) {
        StringBuilder rows = new StringBuilder();
        values.forEach((name, value) -> rows.append(Html.row(Html.text(name), Html.text(value))));
        return Html.element("table", Html.element("caption", caption), Html.element("tbody", rows.toString()));
    }

    private static String figure(String caption, String svg) {
        return Html.element("figure", Html.element("figcaption", Html.text(caption)), Html.scrolling(caption, svg));
    }

    private static String style() {
        try (InputStream in = ReportPage.class.getResourceAsStream(STYLE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
