package dev.filigree.tests.load.report;

import dev.filigree.pruner.files.WholeFiles;
import dev.filigree.tests.load.client.Step;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The sweep as a picture: latencies, and requests answered, over the load that is offered. Needs no display. */
public final class LoadPicture {
    private static final int WIDTH = 1500;
    private static final int HEIGHT = 560;
    private static final double PERCENT = 100;
    private static final double MICROS_PER_MILLI = 1e3;
    private static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
    private static final Color[] LATENCIES = {new Color(0x2171b5), new Color(0xfd8d3c), new Color(0xd94801)};
    private static final Color[] RATES = {new Color(0x238b45), new Color(0x737373)};

    private LoadPicture() {}

    /**
     * Draws both charts side by side.
     *
     * @throws IllegalArgumentException when the report has no sweep
     */
    public static void write(LoadReport report, Path file) throws IOException {
        System.setProperty("java.awt.headless", "true");
        BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        latency(report).paint(graphics, WIDTH / 2, HEIGHT);
        graphics.translate(WIDTH / 2, 0);
        goodput(report).paint(graphics, WIDTH / 2, HEIGHT);
        graphics.dispose();
        WholeFiles.write(file, out -> ImageIO.write(picture, "PNG", out));
    }

    static XYChart latency(LoadReport report) {
        XYChart chart = chart("Milliseconds from when a request was to be sent", "ms");
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setSeriesColors(LATENCIES);
        // A load at which nothing was answered has no latency, and a logarithmic axis no place for it.
        List<Step> steps = steps(report).filter(step -> step.good().count() > 0).toList();
        add(chart, "p50", report, steps, step -> step.good().p50() / MICROS_PER_MILLI);
        add(chart, "p99", report, steps, step -> step.good().p99() / MICROS_PER_MILLI);
        add(chart, "p99.9", report, steps, step -> step.good().p999() / MICROS_PER_MILLI);
        return chart;
    }

    static XYChart goodput(LoadReport report) {
        XYChart chart = chart("Requests answered, of capacity", "%");
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setSeriesColors(RATES);
        double most = capacity(report).perSecond();
        List<Step> steps = steps(report).toList();
        add(chart, "answered", report, steps, step -> PERCENT * step.goodPerSecond() / most);
        add(chart, "offered", report, steps, step -> PERCENT * step.offeredPerSecond() / most);
        return chart;
    }

    private static XYChart chart(String title, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH / 2)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("offered load, % of capacity")
                .yAxisTitle(unit)
                .build();
        XYStyler style = chart.getStyler();
        style.setLegendPosition(LegendPosition.InsideNW);
        style.setLegendFont(TEXT);
        style.setAxisTickLabelsFont(TEXT);
        style.setAxisTitleFont(TEXT);
        style.setChartTitleFont(TEXT.deriveFont(Font.BOLD, 17f));
        style.setChartBackgroundColor(Color.WHITE);
        style.setXAxisMin(0.0);
        style.setXAxisDecimalPattern("0");
        return chart;
    }

    private static void add(XYChart chart, String name, LoadReport report, List<Step> steps, ToDoubleFunction<Step> value) {
        double most = capacity(report).perSecond();
        double[] loads = steps.stream().mapToDouble(step -> PERCENT * step.offeredPerSecond() / most).toArray();
        chart.addSeries(name, loads, steps.stream().mapToDouble(value).toArray()).setMarker(SeriesMarkers.CIRCLE);
    }

    private static Capacity capacity(LoadReport report) {
        return report.capacity().filter(_ -> !report.sweep().isEmpty()).orElseThrow(
                () -> new IllegalArgumentException("The report has no sweep to draw: run filigree load with the scenario 'sweep'."));
    }

    private static Stream<Step> steps(LoadReport report) {
        return report.sweep().stream().sorted(Comparator.comparingDouble(Step::offeredPerSecond));
    }
}
