package dev.filigree.pruner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.pruner.data.EvaluationFile;
import dev.filigree.pruner.data.LabelledData;
import dev.filigree.pruner.data.TaskScore;
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
        description = "Scores a packed file on the evaluation data of a GLUE task, with its official metrics, or on a table of your own.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
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
        PrintWriter out = spec.commandLine().getOut();
        try (Classifier classifier = Classifier.builder().provider(provider.name()).threads(threads).open(file)) {
            LabelledData judging = data.judging(file, classifier.model().task());
            List<TaskScore> scores = new ArrayList<>();
            long examples = 0;
            for (EvaluationFile texts : judging.dev()) {
                examples += texts.file().examples().size();
                scores.add(Scoring.score(judging.task(), texts, Scoring.logits(classifier, texts.file().examples())));
            }
            print(judging.task().name(), TaskScore.mean(scores), examples, classifier.provider(), out);
        }
        return 0;
    }

    private void print(String task, TaskScore score, long examples, String used, PrintWriter out) throws IOException {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.toString());
            document.put("task", task);
            document.put("examples", examples);
            document.put("provider", used);
            document.put("score", score.main());
            document.put("metrics", score.values());
            out.println(new ObjectMapper().writeValueAsString(document));
        } else {
            out.printf("%s, %d examples, provider %s%n", task, examples, used);
            score.values().forEach((name, value) -> out.printf(Locale.ROOT, "%-22s %6.2f%n", name, 100 * value));
        }
        out.flush();
    }
}
