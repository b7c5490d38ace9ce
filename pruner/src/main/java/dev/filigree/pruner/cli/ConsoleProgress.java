package dev.filigree.pruner.cli;

import dev.filigree.pruner.train.PlannedPhase;
import dev.filigree.pruner.train.TrainingListener;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Progress of a long run on a console: a bar that redraws itself on a terminal, a plain line now and then elsewhere. Not thread-safe.
 */
public final class ConsoleProgress implements TrainingListener, AutoCloseable {
    private static final int BAR_WIDTH = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long PLAIN_LINE_NANOS = 10_000_000_000L;

    private final PrintStream out;
    private final boolean terminal;
    private final TimeLeft left = new TimeLeft();
    private final LongSupplier clock;
    private String phase = "";
    private long lastShown;
    private int width;

    /** Writes to stderr, so that tables on stdout can be piped. */
    public ConsoleProgress() {
        this(System.err, System.console() != null && System.console().isTerminal(), System::nanoTime);
    }

    ConsoleProgress(PrintStream out, boolean terminal, LongSupplier clock) {
        this.out = out;
        this.clock = clock;
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
        long now = clock.getAsLong();
        if (!name.equals(phase)) {
            endLine();
            phase = name;
            lastShown = 0;
        }
        left.step(name, step, steps, now);
        boolean last = step >= steps;
        if (!last && lastShown != 0 && now - lastShown < (terminal ? REDRAW_NANOS : PLAIN_LINE_NANOS)) {
            return;
        }
        lastShown = now;
        String time = last ? "done in " + clock(left.seconds()) : timeLeft();
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

    private String timeLeft() {
        StringBuilder text = new StringBuilder();
        left.speed().ifPresent(speed -> text.append(String.format(Locale.ROOT, "%.3g steps/s", speed)));
        left.ofPhase().ifPresent(seconds -> text.append(", ").append(clock(seconds)).append(" left"));
        left.ofRun().ifPresent(seconds -> text.append(", all training about ").append(clock(seconds)));
        return text.toString();
    }

    @Override
    public void planned(List<PlannedPhase> phases) {
        left.plan(phases);
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
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }

    /** Leaves the cursor on a fresh line. */
    @Override
    public void close() {
        endLine();
    }
}
