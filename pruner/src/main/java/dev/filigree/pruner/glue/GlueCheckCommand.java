package dev.filigree.pruner.glue;

import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.MalformedDataException;
import dev.filigree.pruner.data.MissingDataException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code filigree glue check}: reads every file and says what is in it. */
@Command(
        name = "check",
        description = "Reads every GLUE file and prints rows, labels and the longest text; exits with 1 if one is missing or malformed.",
        mixinStandardHelpOptions = true)
final class GlueCheckCommand implements Callable<Integer> {
    private static final String ROW = "%-6s  %-15s  %8s  %8s  %8s  %s%n";

    @Spec
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "DIR", description = "GLUE's folder, or 'sample' (default: $" + GlueData.VARIABLE + ").")
    private Optional<String> data;

    @Option(names = "--task", paramLabel = "TASK", split = ",", description = "Tasks to check, by default all that the data should hold.")
    private List<String> names = new ArrayList<>();

    @Override
    public Integer call() {
        CommandLine command = spec.commandLine();
        PrintWriter out = command.getOut();
        List<GlueTask> chosen = tasks();
        // A missing folder is one problem, not one for each file.
        Set<String> problems = new LinkedHashSet<>();
        try {
            GlueData source = GlueData.resolve(data, System.getenv(GlueData.VARIABLE));
            out.printf(Locale.ROOT, ROW, "task", "file", "rows", "skipped", "longest", "labels");
            for (GlueTask task : chosen.isEmpty() ? source.tasks() : chosen) {
                check(source, task, out, problems);
            }
        } catch (MissingDataException e) {
            problems.add(e.getMessage());
        }
        out.flush();
        problems.forEach(command.getErr()::println);
        command.getErr().flush();
        return problems.isEmpty() ? 0 : 1;
    }

    private List<GlueTask> tasks() {
        try {
            return names.stream().map(GlueTask::of).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static void check(GlueData source, GlueTask task, PrintWriter out, Set<String> problems) {
        List<GlueSplit> splits = new ArrayList<>(List.of(GlueSplit.TRAIN));
        splits.addAll(task.devSplits());
        for (GlueSplit split : splits) {
            try {
                ExampleFile file = source.read(task, split);
                out.printf(
                        Locale.ROOT,
                        ROW,
                        task.id(),
                        split.stem(),
                        file.examples().size(),
                        file.skipped(),
                        file.examples().stream().mapToInt(GlueCheckCommand::length).max().orElseThrow(),
                        labels(task, file.examples()));
            } catch (MissingDataException | MalformedDataException e) {
                problems.add(e.getMessage());
            } catch (IOException e) {
                problems.add(task.fileName(split) + " cannot be read (" + e + "): check the disk and the file's rights.");
            }
        }
    }

    private static int length(Example example) {
        return example.first().length() + example.second().map(String::length).orElse(0);
    }

    private static String labels(GlueTask task, List<Example> examples) {
        if (task.regression()) {
            double mean = examples.stream().mapToDouble(Example::target).average().orElseThrow();
            return String.format(Locale.ROOT, "scores, mean %.3f", mean);
        }
        return IntStream.range(0, task.labels().size())
                .mapToObj(label -> task.labels().get(label) + " " + examples.stream().filter(e -> e.target() == label).count())
                .collect(Collectors.joining(", "));
    }
}
