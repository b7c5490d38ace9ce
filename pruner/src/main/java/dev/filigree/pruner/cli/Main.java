package dev.filigree.pruner.cli;

import dev.filigree.pruner.glue.GlueCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the pruner's commands. */
@Command(
        name = "filigree",
        description = "Prunes, packs and inspects text encoders.",
        mixinStandardHelpOptions = true,
        subcommands = {
            PruneCommand.class,
            EvalCommand.class,
            ClassifyCommand.class,
            InspectCommand.class,
            VerifyCommand.class,
            DiffCommand.class,
            ExportCommand.class,
            GlueCommand.class,
            GlueTableCommand.class
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
