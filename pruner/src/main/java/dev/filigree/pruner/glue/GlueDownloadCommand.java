package dev.filigree.pruner.glue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree glue download}: gets the labelled files of GLUE from their official addresses. */
@Command(
        name = "download",
        description = "Gets the labelled files (train and dev) of GLUE from their official addresses; tasks already there are left alone.",
        mixinStandardHelpOptions = true)
final class GlueDownloadCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "DIR", required = true, description = "Folder to put the tasks in; created when missing.")
    private Path data;

    @Option(names = "--task", paramLabel = "TASK", split = ",", description = "Tasks to get, by default all nine.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--base-address", hidden = true, defaultValue = GlueDownload.OFFICIAL_ADDRESS)
    private URI base;

    @Override
    public Integer call() {
        CommandLine command = spec.commandLine();
        List<GlueTask> tasks = tasks();
        try (GlueDownload download = new GlueDownload(base, data)) {
            for (GlueTask task : tasks) {
                String outcome = download.get(task) ? "is now in " : "is already in ";
                command.getOut().println(task.folder() + " " + outcome + data.resolve(task.folder()));
                command.getOut().flush();
            }
            return 0;
        } catch (FileSystemException e) {
            command.getErr().println(data + " cannot be written (" + e + "): choose another folder or free some space.");
        } catch (IOException e) {
            command.getErr().println(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            command.getErr().println("The download was interrupted: run the command again.");
        }
        command.getErr().flush();
        return 1;
    }

    private List<GlueTask> tasks() {
        try {
            return names.isEmpty() ? Arrays.asList(GlueTask.values()) : names.stream().map(GlueTask::of).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
