package dev.filigree.tests.bench;

import dev.filigree.tests.bench.Interleaved.Timing;
import dev.filigree.tests.bench.report.BenchReport;
import dev.filigree.tests.bench.report.BenchReport.Case;
import dev.filigree.tests.bench.report.BenchReport.KernelLine;
import dev.filigree.tests.bench.report.BenchReport.StageLine;
import dev.filigree.tests.bench.report.BenchReport.StageTable;
import dev.filigree.tests.bench.report.BenchReport.TextCase;
import java.io.PrintWriter;
import java.util.Locale;

/** A run's figures for the terminal. */
final class BenchPrinter {
    private BenchPrinter() {}

    static void print(BenchReport report, PrintWriter out) {
        report.machine().forEach((name, value) -> out.println(name + ": " + value));
        report.engines().forEach(engine -> out.println(engine.name() + ": " + engine.description()));
        report.leftOut().forEach(engine -> out.println(engine.name() + " was left out: " + engine.reason()));
        out.printf("%5s %5s %7s %6s  %-32s %10s %10s %10s%n", "batch", "seq", "threads", "caches", "engine", "median ms",
                "min ms", "ours is");
        for (Case one : report.cases()) {
            for (Timing timing : one.timings()) {
                out.printf(Locale.ROOT, "%5d %5d %7d %6s  %-32s ", one.batch(), one.seq(), one.threads(), one.caches(), timing.name());
                out.printf(Locale.ROOT, "%10.3f %10.3f %9.2fx%n", timing.medianMillis(), timing.minMillis(), timing.speedOfFirst());
            }
        }
        for (TextCase one : report.texts()) {
            out.printf("%s, %s (%d tokens), threads: %d%n", one.engine(), one.input(), one.tokens(), one.threads());
            for (Timing timing : one.timings()) {
                out.printf(Locale.ROOT, "  %-16s %10.4f ms %6.1f %%%n", timing.name(), timing.medianMillis(), 100 * timing.speedOfFirst());
            }
        }
        report.peaks().forEach(peak -> out.printf(Locale.ROOT, "peak %-24s %8.1f %s%n", peak.name(), peak.value(), peak.unit()));
        for (KernelLine line : report.kernels()) {
            out.printf(Locale.ROOT, "%s, %d x %d, %4d tokens, %-12s %9.1f us %8.1f Gop/s, %3.0f %% of the peak, %.2fx the dense one%n",
                    line.level(), line.inputs(), line.outputs(), line.tokens(), line.stored(), line.micros(), line.gops(),
                    100 * line.ofPeak(), line.overDense());
        }
        report.stages().forEach(table -> print(table, out));
        out.flush();
    }

    private static void print(StageTable table, PrintWriter out) {
        out.printf(Locale.ROOT, "%s, %d x %d, one thread: %.3f ms%n", table.engine(), table.batch(), table.seq(), table.millis());
        for (StageLine line : table.stages()) {
            out.printf(Locale.ROOT, "  %-20s %9.3f ms %5.1f %%", line.stage(), line.millis(), 100 * line.millis() / table.millis());
            if (line.roofMillis() > 0) {
                out.printf(Locale.ROOT, " %8.1f Gop/s, %3.0f %% of the roof", line.giga() / line.millis() * 1e3,
                        100 * line.roofMillis() / line.millis());
            }
            out.println();
        }
    }
}
