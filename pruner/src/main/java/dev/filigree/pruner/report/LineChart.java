package dev.filigree.pruner.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Series over the steps of a phase. */
final class LineChart {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 240;
    private static final int LEFT = 62;
    private static final int RIGHT = 110;
    private static final int TOP = 12;
    private static final int BOTTOM = 38;
    private static final int TICKS = 5;
    private static final int LABEL_GAP = 16;
    /** Beyond this ratio a linear axis would press all but the largest values together. */
    private static final double LOGARITHMIC_FROM = 30;

    private LineChart() {}

    /**
     * A point of a series.
     *
     * @param step from 1
     * @param value at it
     */
    record Point(int step, double value) {}

    /**
     * The chart.
     *
     * @param title told to those who cannot see it
     * @param steps of the phase
     * @param series by name, each with a point at least
     */
    static String of(String title, int steps, SequencedMap<String, List<Point>> series) {
        double[] values = series.values().stream().flatMap(List::stream).mapToDouble(Point::value).sorted().toArray();
        double low = values[0];
        double high = values[values.length - 1];
        Scale x = Scale.around(0, Math.max(1, steps), TICKS, LEFT, WIDTH - RIGHT);
        Scale y = low > 0 && high / low > LOGARITHMIC_FROM
                ? Scale.powers(low, high, HEIGHT - BOTTOM, TOP)
                : Scale.around(Math.min(low, 0), high, TICKS, HEIGHT - BOTTOM, TOP);
        StringBuilder svg = new StringBuilder(Html.element("title", Html.text(title)));
        for (double tick : y.ticks()) {
            svg.append(Scale.line("grid", LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick)));
            svg.append(Scale.label("tick", "end", LEFT - 8, y.at(tick) + 4, y.text(tick)));
        }
        for (double tick : x.ticks()) {
            svg.append(Scale.label("tick", "middle", x.at(tick), HEIGHT - BOTTOM + 20, x.text(tick)));
        }
        int index = 0;
        List<Double> taken = new ArrayList<>();
        for (Map.Entry<String, List<Point>> entry : series.entrySet()) {
            String kind = "series s" + index++ % 4;
            StringBuilder path = new StringBuilder();
            for (Point point : entry.getValue()) {
                path.append(Html.number(x.at(point.step()), 1)).append(',').append(Html.number(y.at(point.value()), 1)).append(' ');
            }
            svg.append("<polyline class=\"").append(kind).append("\" points=\"").append(path.toString().strip()).append("\"/>");
            Point last = entry.getValue().getLast();
            svg.append("<circle class=\"").append(kind).append("\" r=\"3.5\" cx=\"").append(Html.number(x.at(last.step()), 1))
                    .append("\" cy=\"").append(Html.number(y.at(last.value()), 1)).append("\"/>");
            double place = free(y.at(last.value()) + 4, taken);
            taken.add(place);
            svg.append(Scale.label("name start", "start", x.at(last.step()) + 8, place, entry.getKey()));
        }
        return "<svg viewBox=\"0 0 " + WIDTH + " " + HEIGHT + "\" role=\"img\">" + svg + "</svg>";
    }

    /** Labels at the ends of lines that meet make room for each other. */
    private static double free(double wanted, List<Double> taken) {
        double place = wanted;
        boolean moved = true;
        while (moved) {
            moved = false;
            for (double other : taken) {
                if (Math.abs(other - place) < LABEL_GAP) {
                    place = other - LABEL_GAP;
                    moved = true;
                }
            }
        }
        return place;
    }
}
