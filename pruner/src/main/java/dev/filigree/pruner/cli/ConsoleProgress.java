package dev.filigree.pruner.cli;

import dev.filigree.pruner.train.TrainingListener;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/**
 * Progress of a long run on a console: a bar that redraws itself on a terminal, a plain line now and then elsewhere. Not thread-safe.
 */
public final class ConsoleProgress implements TrainingListener, AutoCloseable {
    private static final int BAR_WIDTH = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long PLAIN_LINE_NANOS = 10_000_000_000L;

    private final PrintStream out;
    private final boolean terminal;
    private String phase = "";
    private long phaseStart;
    private long lastShown;
    private int width;

    /** Writes to stderr, so that tables on stdout can be piped. */
    public ConsoleProgress() {
        this(System.err, System.console() != null && System.console().isTerminal());
    }

    ConsoleProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Shows that a step is done.
     *
     * @param name the phase, for example {@code admm}
     * @param step steps done, from 1
     * @param steps steps of the phase
     * @param detail what else to show, for example loss and residuals; may be empty
     */
    public void step(String name, int step, int steps, String detail) {
        long now = System.nanoTime();
        if (!name.equals(phase)) {
            endLine();
            phase = name;
            phaseStart = now;
            lastShown = 0;
        }
        boolean last = step >= steps;
        if (!last && lastShown != 0 && now - lastShown < (terminal ? REDRAW_NANOS : PLAIN_LINE_NANOS)) {
            return;
        }
        lastShown = now;
        double seconds = (now - phaseStart) / 1e9;
        double left = step < 2 ? Double.NaN : seconds / step * (steps - step);
        String time = last ? "done in " + clock(seconds) : Double.isNaN(left) ? "" : clock(left) + " left";
        if (terminal) {
            int filled = (int) ((long) BAR_WIDTH * Math.min(step, steps) / Math.max(1, steps));
            redraw(String.format(Locale.ROOT, "%-14s [%s%s] %d/%d  %s  %s",
                    phase, "#".repeat(filled), ".".repeat(BAR_WIDTH - filled), step, steps, detail, time));
            if (last) {
                endLine();
            }
        } else {
            out.printf(Locale.ROOT, "%s %d/%d  %s  %s%n", phase, step, steps, detail, time);
        }
    }

    @Override
    public void progress(String name, int step, int steps, double loss, Map<String, Double> residuals) {
        StringBuilder detail = new StringBuilder(String.format(Locale.ROOT, "loss %.4f", loss));
        residuals.forEach((residual, value) -> detail.append(String.format(Locale.ROOT, "  %s %.3g", residual, value)));
        step(name, step, steps, detail.toString());
    }

    /** Prints a line of its own. */
    public void line(String text) {
        endLine();
        out.println(text);
    }

    private void redraw(String text) {
        out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
        out.flush();
        width = text.length();
    }

    private void endLine() {
        if (width > 0) {
            out.println();
            width = 0;
        }
    }

    private static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }

    /** Leaves the cursor on a fresh line. */
    @Override
    public void close() {
        endLine();
    }
}
