package dev.filigree.tests.bench.report;

import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.peer.PeerKind;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendPosition;

/** A report as a picture: how many times as fast each engine is as ONNX Runtime in fp32, case by case. Needs no display. */
public final class Picture {
    private static final int WIDTH = 1500;
    private static final int HEIGHT = 560;
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
    /** Ours in blues and then greens, from the file's own to the least like it; peers in oranges and greys. */
    private static final List<Color> OURS = List.of(new Color(0x08306b), new Color(0x2171b5), new Color(0x6baed6), new Color(0xbdd7e7),
            new Color(0x00441b), new Color(0x238b45), new Color(0x74c476), new Color(0xc7e9c0));
    private static final List<Color> PEERS = List.of(new Color(0xd94801), new Color(0xfd8d3c), new Color(0xfdbe85), new Color(0xfee6ce),
            new Color(0x737373), new Color(0xbdbdbd));

    private Picture() {}

    /**
     * Draws the cases of one number of threads with hot caches.
     *
     * @throws IllegalArgumentException when the report has none, or no engine that others could be compared with
     */
    public static void write(BenchReport report, int threads, Path file) throws IOException {
        System.setProperty("java.awt.headless", "true");
        WholeFiles.write(file, ChartEncoder.getBytes(chart(report, threads), "PNG"));
    }

    static CategoryChart chart(BenchReport report, int threads) {
        List<Case> cases = report.cases().stream().filter(one -> one.threads() == threads && one.caches().equals("hot")).toList();
        if (cases.isEmpty()) {
            throw new IllegalArgumentException("The report has no cases of " + threads + " threads.");
        }
        String base = baseline(report).orElseThrow(
                () -> new IllegalArgumentException("The report has no peer that engines could be compared with."));
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Times as fast as " + base + ", " + (threads == 1 ? "one thread" : threads + " threads") + " ("
                        + report.machine().get("processor") + ")")
                .xAxisTitle("texts × tokens")
                .build();
        CategoryStyler style = chart.getStyler();
        style.setLegendPosition(LegendPosition.OutsideE);
        style.setLegendFont(TEXT);
        style.setAxisTickLabelsFont(TEXT);
        style.setAxisTitleFont(TEXT);
        style.setChartTitleFont(TEXT.deriveFont(Font.BOLD, 17f));
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotGridVerticalLinesVisible(false);
        style.setAvailableSpaceFill(0.85);
        style.setLabelsVisible(true);
        style.setLabelsFont(TEXT.deriveFont(10f));
        style.setLabelsPosition(1.06);
        style.setYAxisDecimalPattern("0.0");
        style.setYAxisMin(0.0);
        List<String> shapes = cases.stream().map(one -> one.batch() + " × " + one.seq()).toList();
        List<Color> colours = new ArrayList<>();
        int ours = 0;
        int peers = 0;
        for (EngineFacts engine : report.engines()) {
            List<Double> speeds = new ArrayList<>();
            for (Case one : cases) {
                Optional<Timing> timing = Samples.of(one, engine.name());
                speeds.add(Math.round(100 * Samples.ratio(Samples.of(one, base), timing).orElse(0)) / 100.0);
            }
            colours.add(engine.ours() ? OURS.get(ours++ % OURS.size()) : PEERS.get(peers++ % PEERS.size()));
            chart.addSeries(engine.name() + (engine.ours() ? " (" + engine.description() + ")" : ""), shapes, speeds);
        }
        style.setSeriesColors(colours.toArray(Color[]::new));
        return chart;
    }

    private static Optional<String> baseline(BenchReport report) {
        List<String> peers = report.engines().stream().filter(engine -> !engine.ours()).map(EngineFacts::name).toList();
        String fp32 = PeerKind.ORT_FP32.label();
        return peers.contains(fp32) ? Optional.of(fp32) : peers.stream().findFirst();
    }
}
