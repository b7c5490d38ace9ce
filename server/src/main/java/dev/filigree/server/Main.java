package dev.filigree.server;

import dev.filigree.runtime.FiligreeVersion;
import java.io.PrintWriter;
import java.util.Objects;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** Entry point of {@code filigree serve}. */
@Command(name = "filigree", description = "The classification server.", mixinStandardHelpOptions = true, subcommands = ServeCommand.class)
public final class Main {
    private Main() {}

    /** Runs the command and exits with its code. */
    public static void main(String[] arguments) {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        System.exit(commandLine().execute(arguments));
    }

    /** The command with one-sentence errors: exit code 1 when it fails, 2 on wrong usage. */
    public static CommandLine commandLine() {
        return configured(new CommandLine(new Main()))
                .setParameterExceptionHandler((failure, arguments) -> {
                    PrintWriter error = failure.getCommandLine().getErr();
                    error.println("filigree: " + failure.getMessage());
                    error.println("Try './filigree " + failure.getCommandLine().getCommandName() + " --help'.");
                    return ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("filigree: " + Objects.requireNonNullElse(failure.getMessage(), failure.toString()));
                    return ExitCode.SOFTWARE;
                });
    }

    /** With what all commands have in common. */
    static CommandLine configured(CommandLine line) {
        line.getCommandSpec().version("filigree " + FiligreeVersion.current());
        line.getSubcommands().values().forEach(Main::configured);
        return line.setCaseInsensitiveEnumValuesAllowed(true);
    }
}
