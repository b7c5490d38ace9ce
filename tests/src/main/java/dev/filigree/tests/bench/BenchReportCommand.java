package dev.filigree.tests.bench;

import dev.filigree.tests.bench.report.BenchReport;
import dev.filigree.tests.bench.report.MarkdownTables;
import dev.filigree.tests.bench.report.Picture;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree bench-report}: tables and a picture of what {@code filigree bench --json} wrote. */
@Command(
        name = "bench-report",
        description = "Prints a run of bench as Markdown tables, and draws it.",
        mixinStandardHelpOptions = true)
public final class BenchReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "JSON", description = "what bench --json wrote")
    private Path json;

    @Option(names = "--chart", paramLabel = "PNG", description = "also draw how fast each engine is")
    private Path chart;

    @Option(names = "--threads", defaultValue = "1", description = "which cases to draw (default: ${DEFAULT-VALUE})")
    private int threads;

    @Override
    public Integer call() throws IOException {
        BenchReport report = BenchReport.read(json);
        PrintWriter out = spec.commandLine().getOut();
        out.print(MarkdownTables.of(report));
        out.flush();
        if (chart != null) {
            Picture.write(report, threads, chart);
        }
        return 0;
    }
}
