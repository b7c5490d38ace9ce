package dev.filigree.tests;

import dev.filigree.pruner.cli.CommandLines;
import dev.filigree.tests.bench.BenchCommand;
import dev.filigree.tests.bench.BenchOpenCommand;
import dev.filigree.tests.bench.BenchReportCommand;
import dev.filigree.tests.demo.DemoCommand;
import dev.filigree.tests.gpu.GpuCommand;
import dev.filigree.tests.load.LoadCommand;
import dev.filigree.tests.load.LoadReportCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the commands that need every module. */
@Command(
        name = "filigree",
        description = "The demo, the benchmarks, the server under load, and the check of a GPU.",
        mixinStandardHelpOptions = true,
        subcommands = {
            DemoCommand.class, BenchCommand.class, BenchOpenCommand.class, BenchReportCommand.class, LoadCommand.class,
            LoadReportCommand.class, GpuCommand.class
        })
public final class Main {
    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        CommandLines.runAndExit(commandLine(), arguments);
    }

    /** The commands with one-sentence errors: exit code 1 when one fails, 2 on wrong usage. */
    public static CommandLine commandLine() {
        return CommandLines.of(new Main());
    }
}
