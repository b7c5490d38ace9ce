package dev.filigree.tests.load;

import dev.filigree.tests.load.report.LoadPicture;
import dev.filigree.tests.load.report.LoadReport;
import dev.filigree.tests.load.report.LoadTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree load-report}: tables and a picture of what {@code filigree load --json} wrote. */
@Command(
        name = "load-report",
        description = "Prints a run of load as Markdown tables, and draws its sweep.",
        mixinStandardHelpOptions = true)
public final class LoadReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "JSON", description = "what load --json wrote")
    private Path json;

    @Option(names = "--chart", paramLabel = "PNG", description = "also draw latencies and requests answered over the offered load")
    private Optional<Path> chart;

    @Override
    public Integer call() throws IOException {
        LoadReport report = LoadReport.read(json);
        PrintWriter out = spec.commandLine().getOut();
        out.print(LoadTables.of(report));
        out.flush();
        if (chart.isPresent()) {
            LoadPicture.write(report, chart.get());
        }
        return 0;
    }
}
