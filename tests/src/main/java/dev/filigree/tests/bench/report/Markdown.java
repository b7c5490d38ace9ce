package dev.filigree.tests.bench.report;

import java.util.Collections;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Text with tables in Markdown, and figures with as many digits as mean something. For one thread. */
public final class Markdown {
    private final StringBuilder out = new StringBuilder();

    /** Adds text as it is. */
    public Markdown text(String text) {
        out.append(text);
        return this;
    }

    /** Adds what stands above a table. */
    public void title(String text) {
        out.append('\n').append("**").append(text).append("**\n\n");
    }

    /** Adds a table's first row. */
    public void header(String... cells) {
        header(Stream.of(cells));
    }

    /** As {@link #header(String...)}. */
    public void header(Stream<String> cells) {
        String[] names = cells.toArray(String[]::new);
        row(names);
        out.append(Collections.nCopies(names.length, "---").stream().collect(Collectors.joining("|", "|", "|\n")));
    }

    /** Adds a row. */
    public void row(String... cells) {
        row(Stream.of(cells));
    }

    /** As {@link #row(String...)}. */
    public void row(Stream<String> cells) {
        out.append(cells.collect(Collectors.joining(" | ", "| ", " |\n")));
    }

    /** Three digits that mean something. */
    public static String digits(double value) {
        int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : value >= 0.1 ? 3 : 4;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /** A share, {@code 12 %}. */
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * share);
    }

    /** A ratio, {@code 1.23×}. */
    public static String times(double ratio) {
        return String.format(Locale.ROOT, "%.2f×", ratio);
    }

    /** All of it. */
    @Override
    public String toString() {
        return out.toString();
    }
}
