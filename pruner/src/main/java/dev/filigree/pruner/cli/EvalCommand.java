package dev.filigree.pruner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.glue.GlueFile;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.TaskScore;
import dev.filigree.pruner.pipeline.PruneSettings;
import dev.filigree.pruner.pipeline.Scoring;
import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree eval}: a packed file's score on a task, by the runtime. */
@Command(
        name = "eval",
        description = "Scores a packed file on a task's evaluation data, with the official metrics.",
        mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Mixin
    private DataOptions data;

    @Mixin
    private ProviderOption provider;

    @Option(names = "--threads", description = "threads of one call (default: the number of cores)")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (threads < 1 || threads > PruneSettings.MOST_THREADS) {
            throw new ParameterException(
                    spec.commandLine(), "Scoring takes 1 to " + PruneSettings.MOST_THREADS + " threads, not " + threads + ".");
        }
        GlueTask task = data.task();
        PrintWriter out = spec.commandLine().getOut();
        try (Classifier classifier = Classifier.builder().provider(provider.name()).threads(threads).open(file)) {
            if (!classifier.model().task().labels().equals(task.labels())) {
                throw new IllegalArgumentException(file + " was trained for " + classifier.model().task().name() + " with the labels "
                        + classifier.model().task().labels() + ", but " + task.id() + " has " + task.labels() + ".");
            }
            List<TaskScore> scores = new ArrayList<>();
            long examples = 0;
            for (GlueSplit split : task.devSplits()) {
                GlueFile texts = data.data().read(task, split);
                examples += texts.examples().size();
                scores.add(Scoring.score(task, split, texts.examples(), Scoring.logits(classifier, texts.examples())));
            }
            print(task, TaskScore.mean(scores), examples, classifier.provider(), out);
        }
        return 0;
    }

    private void print(GlueTask task, TaskScore score, long examples, String used, PrintWriter out) throws IOException {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.toString());
            document.put("task", task.id());
            document.put("examples", examples);
            document.put("provider", used);
            document.put("score", score.main());
            document.put("metrics", score.values());
            out.println(new ObjectMapper().writeValueAsString(document));
        } else {
            out.printf("%s, %d examples, provider %s%n", task.id(), examples, used);
            score.values().forEach((name, value) -> out.printf(Locale.ROOT, "%-22s %6.2f%n", name, 100 * value));
        }
        out.flush();
    }
}
