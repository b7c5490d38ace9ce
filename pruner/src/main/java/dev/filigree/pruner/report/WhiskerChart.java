package dev.filigree.pruner.report;

import java.util.List;

/** Figures with their intervals on a common scale, in points. */
final class WhiskerChart {
    private static final int WIDTH = 760;
    private static final int LEFT = 190;
    private static final int RIGHT = 185;
    private static final int ROW = 30;
    private static final int AXIS = 34;
    private static final int TICKS = 6;

    private WhiskerChart() {}

    /**
     * One line of it.
     *
     * @param label at the left
     * @param kind class of its mark: {@code dense}, {@code pruned} or {@code packed}
     * @param interval as fractions of one
     */
    record Line(String label, String kind, Interval interval) {}

    /**
     * The chart.
     *
     * @param title told to those who cannot see it
     * @param lines at least one
     * @param differences whether zero is marked and figures have signs
     */
    static String of(String title, List<Line> lines, boolean differences) {
        double low = lines.stream().mapToDouble(line -> 100 * line.interval().low()).min().orElseThrow();
        double high = lines.stream().mapToDouble(line -> 100 * line.interval().high()).max().orElseThrow();
        if (differences) {
            low = Math.min(low, 0);
            high = Math.max(high, 0);
        }
        Scale scale = Scale.around(low, high, TICKS, LEFT, WIDTH - RIGHT);
        int bottom = lines.size() * ROW + 8;
        StringBuilder svg = new StringBuilder(Html.element("title", Html.text(title)));
        for (double tick : scale.ticks()) {
            svg.append(Scale.line("grid", scale.at(tick), 4, scale.at(tick), bottom));
            svg.append(Scale.label("tick", "middle", scale.at(tick), bottom + 18, scale.text(tick)));
        }
        if (differences) {
            svg.append(Scale.line("zero", scale.at(0), 4, scale.at(0), bottom));
        }
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            Interval interval = line.interval();
            double y = 8 + (i + 0.5) * ROW;
            svg.append(Scale.label("name", "end", LEFT - 14, y + 5, line.label()));
            svg.append(Scale.line("whisker " + line.kind(), scale.at(100 * interval.low()), y, scale.at(100 * interval.high()), y));
            svg.append("<circle class=\"").append(line.kind()).append("\" cx=\"").append(Html.number(scale.at(100 * interval.value()), 1))
                    .append("\" cy=\"").append(y).append("\" r=\"6\"/>");
            svg.append(Scale.label("value", "start", WIDTH - RIGHT + 12, y + 5, shown(interval, differences)));
        }
        return "<svg viewBox=\"0 0 " + WIDTH + " " + (bottom + AXIS) + "\" role=\"img\">" + svg + "</svg>";
    }

    private static String shown(Interval interval, boolean differences) {
        return plain(interval.value(), differences) + " (" + plain(interval.low(), differences) + " \u2026 "
                + plain(interval.high(), differences) + ")";
    }

    private static String plain(double fraction, boolean signed) {
        return signed ? Html.change(fraction).replaceAll("<[^>]*>", "") : Html.number(100 * fraction, 1);
    }
}
