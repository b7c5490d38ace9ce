package dev.filigree.pruner.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * An axis of a chart, and what SVG draws along it.
 *
 * @param low value at {@code from}
 * @param high value at {@code to}
 * @param step between ticks, in the values' units; powers of ten on a logarithmic axis
 * @param from coordinate of its beginning
 * @param to coordinate of its end
 * @param logarithmic whether equal ratios are equally long
 */
record Scale(double low, double high, double step, double from, double to, boolean logarithmic) {
    /** A linear axis that holds both ends, from one round number to another. */
    static Scale around(double low, double high, int ticks, double from, double to) {
        double span = high > low ? high - low : Math.max(1e-3, Math.abs(low) * 0.1);
        double raw = span / ticks;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double step = DoubleStream.of(1, 2, 5, 10)
                .map(factor -> factor * power)
                .filter(size -> size >= raw * 0.999)
                .findFirst()
                .orElseThrow();
        double first = Math.floor(low / step + 1e-9) * step;
        double last = Math.ceil((low + span) / step - 1e-9) * step;
        return new Scale(first, last, step, from, to, false);
    }

    /** A logarithmic axis over whole powers of ten that hold both ends, which are positive. */
    static Scale powers(double low, double high, double from, double to) {
        double first = Math.floor(Math.log10(low) + 1e-9);
        double last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
        return new Scale(Math.pow(10, first), Math.pow(10, last), 10, from, to, true);
    }

    /** The coordinate of a value. */
    double at(double value) {
        double share = logarithmic
                ? (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))
                : (value - low) / (high - low);
        return from + share * (to - from);
    }

    /** Where ticks are. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        int count = (int) Math.round(logarithmic ? Math.log10(high / low) : (high - low) / step);
        for (int i = 0; i <= count; i++) {
            double tick = logarithmic ? low * Math.pow(step, i) : low + i * step;
            ticks.add(Math.abs(tick) < 1e-12 ? 0 : tick);
        }
        return ticks;
    }

    /** What stands at a tick. */
    String text(double tick) {
        if (logarithmic) {
            return "1e" + Math.round(Math.log10(tick));
        }
        int digits = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        return Html.number(tick, Math.min(digits, 6)).replace('-', '\u2212');
    }

    static String line(String kind, double x1, double y1, double x2, double y2) {
        return String.format(Locale.ROOT, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", kind, x1, y1, x2, y2);
    }

    static String label(String kind, String anchor, double x, double y, String text) {
        return String.format(Locale.ROOT, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", kind, anchor, x, y,
                Html.text(text));
    }
}
