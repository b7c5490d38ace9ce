package dev.filigree.pruner.cli;

import dev.filigree.runtime.FiligreeVersion;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;

/** What all commands share: errors are one sentence on stderr; exit codes are 0 done, 1 failed, 2 wrong usage. */
public final class CommandLines {
    /** Not logback.xml, so that several modules on one class path do not contend for the name. */
    private static final String LOG_SETTINGS = "dev/filigree/pruner/logback.xml";

    private static final String STOPPED = "stopped; the output was not written.";

    private CommandLines() {}

    /** Runs a program's command and exits with its code. */
    public static void runAndExit(CommandLine line, String[] arguments) {
        System.getProperties().putIfAbsent("logback.configurationFile", LOG_SETTINGS);
        System.exit(run(line, arguments));
    }

    /** The exit code of a command. Memory may run out in any of them, and its user can give more. */
    static int run(CommandLine line, String[] arguments) {
        try {
            return line.execute(arguments);
        } catch (OutOfMemoryError e) {
            line.getErr().println("filigree: memory ran out (" + e.getMessage() + ") with a Java heap of "
                    + Runtime.getRuntime().maxMemory() / (1 << 20) + " MB: give it more, as with FILIGREE_JAVA_OPTS=-Xmx4g.");
            return ExitCode.SOFTWARE;
        }
    }

    /** Wraps a command, or a command with sub-commands. */
    public static CommandLine of(Object command) {
        return tellingVersion(new CommandLine(command))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(CommandLines::wrongUsage)
                .setExecutionExceptionHandler((failure, line, parsed) -> failed(failure, line));
    }

    private static CommandLine tellingVersion(CommandLine line) {
        line.getCommandSpec().version("filigree " + FiligreeVersion.current());
        line.getSubcommands().values().forEach(CommandLines::tellingVersion);
        return line;
    }

    private static int wrongUsage(ParameterException failure, String[] arguments) {
        CommandLine line = failure.getCommandLine();
        line.getErr().println("filigree: " + failure.getMessage());
        line.getErr().println("Try './filigree " + line.getCommandSpec().qualifiedName().replaceFirst("^filigree ", "") + " --help'.");
        return ExitCode.USAGE;
    }

    private static int failed(Exception failure, CommandLine line) {
        line.getErr().println("filigree: " + sentence(failure));
        if (Boolean.getBoolean("filigree.trace")) {
            failure.printStackTrace(line.getErr());
        }
        return line.getCommandSpec().exitCodeOnExecutionException();
    }

    /** The sentence for the user: ours as they are, the JDK's terse file exceptions spelled out. */
    static String sentence(Throwable failure) {
        return switch (failure) {
            case UncheckedIOException e when e.getCause() != null -> sentence(e.getCause());
            case ClosedByInterruptException _ -> STOPPED;
            case IOException e when e.getCause() instanceof ClosedByInterruptException -> STOPPED;
            case NoSuchFileException e -> e.getFile() + " does not exist.";
            case FileNotFoundException e -> e.getMessage() + ".";
            case AccessDeniedException e -> "There is no permission for " + e.getFile() + ".";
            case NotDirectoryException e -> e.getFile() + " is not a folder.";
            case FileAlreadyExistsException e -> e.getFile() + " is in the way.";
            case FileSystemException e when e.getMessage() != null -> e.getMessage() + ".";
            case IOException e when e.getMessage() != null -> e.getMessage();
            case InterruptedException _ -> STOPPED;
            case IllegalArgumentException e when e.getMessage() != null -> e.getMessage();
            case IllegalStateException e when e.getMessage() != null -> e.getMessage();
            default -> "this should not have happened (" + failure + "); FILIGREE_JAVA_OPTS=-Dfiligree.trace=true shows where.";
        };
    }
}
