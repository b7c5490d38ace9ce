package dev.filigree.pruner.cli;

import dev.filigree.format.Task;
import dev.filigree.pruner.data.Columns;
import dev.filigree.pruner.data.LabelledData;
import dev.filigree.pruner.data.OwnData;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.GlueTaskData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which task, and where its examples are: one of GLUE's in its folder, or tables of the user's own. */
final class DataOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--task",
            description = "a GLUE task: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte or wnli; with tables of your own, what to call theirs")
    private Optional<String> task;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "folder of GLUE in its standard layout, or 'sample' for the bundled one (default: $FILIGREE_GLUE)")
    private Optional<String> data;

    @Option(names = "--dev", paramLabel = "FILE", description = "table of your own to judge by: .csv, .tsv or .jsonl, also with .gz")
    private Optional<Path> dev;

    @Option(names = "--text-column", description = "column of the text, or of the first one of a pair (default: text)")
    private Optional<String> text;

    @Option(names = "--pair-column", description = "column of the second text of a pair (default: texts come alone)")
    private Optional<String> pair;

    @Option(names = "--label-column", description = "column of the label or score (default: label)")
    private Optional<String> label;

    /**
     * Data to train on and to be judged by.
     *
     * @param train table of the user's own; empty for a task of GLUE
     * @param scores whether its labels are scores
     */
    LabelledData learned(Optional<Path> train, boolean scores) throws IOException {
        if (train.isEmpty()) {
            if (dev.isPresent() || scores) {
                throw new ParameterException(spec.commandLine(), "There is no table to train on: name it with --train.");
            }
            return glue();
        }
        refuseFolder("--train");
        return OwnData.of(task.orElseGet(() -> stem(train.get())), train.get(), dev, columns(), scores);
    }

    /**
     * Data to judge a model of this task by.
     *
     * @throws IllegalArgumentException when they are of another task
     */
    LabelledData judging(Path model, Task trained) throws IOException {
        if (dev.isPresent()) {
            refuseFolder("--dev");
            if (task.isPresent()) {
                throw new ParameterException(spec.commandLine(),
                        "--task names a task of GLUE, and --dev a table of your own: leave one out.");
            }
            if (trained.pairs() != pair.isPresent()) {
                throw new IllegalArgumentException(model + (trained.pairs()
                        ? " reads pairs: name the column of the second text with --pair-column."
                        : " reads texts alone: leave --pair-column out."));
            }
            return OwnData.judging(trained, dev.get(), columns());
        }
        LabelledData glue = glue();
        if (!trained.labels().equals(glue.task().labels())) {
            throw new IllegalArgumentException(model + " was trained for " + trained.name() + " with the labels " + trained.labels()
                    + ", but " + glue.task().name() + " has " + glue.task().labels() + ".");
        }
        return glue;
    }

    private LabelledData glue() throws IOException {
        String table = "--" + (spec.name().equals("eval") ? "dev" : "train");
        if (text.or(() -> pair).or(() -> label).isPresent()) {
            throw new ParameterException(spec.commandLine(), "Columns are those of a table of your own, which " + table + " names.");
        }
        String name = task.orElseThrow(() -> new ParameterException(spec.commandLine(),
                "Name a GLUE task with --task, or a table of your own with " + table + "."));
        GlueTask glue;
        try {
            glue = GlueTask.of(name);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        return new GlueTaskData(glue, GlueData.resolve(data, System.getenv(GlueData.VARIABLE)));
    }

    private void refuseFolder(String option) {
        if (data.isPresent()) {
            throw new ParameterException(spec.commandLine(),
                    "--data is GLUE's folder, and " + option + " a table of your own: leave one out.");
        }
    }

    private Columns columns() {
        return new Columns(text.orElse("text"), pair, label.orElse("label"));
    }

    private static String stem(Path table) {
        String name = table.getFileName().toString();
        int dot = name.indexOf('.', 1);
        return dot < 0 ? name : name.substring(0, dot);
    }
}
