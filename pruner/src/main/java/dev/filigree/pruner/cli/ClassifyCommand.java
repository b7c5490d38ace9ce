package dev.filigree.pruner.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code filigree classify}: one text, or a pair, through a packed file. */
@Command(
        name = "classify",
        description = "Labels a text, or a pair of texts, with a packed file.",
        mixinStandardHelpOptions = true)
final class ClassifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "a packed .filigree file")
    private Path file;

    @Parameters(index = "1", paramLabel = "TEXT", description = "the text, or the first of a pair")
    private String first;

    @Parameters(index = "2", arity = "0..1", paramLabel = "SECOND", description = "the second text of a pair")
    private Optional<String> second;

    @Mixin
    private ProviderOption provider;

    @Option(names = "--json", description = "print one JSON object")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (Classifier classifier = Classifier.builder().provider(provider.name()).open(file)) {
            Classification answer = classifier.classify(List.of(new TextInput(first, second))).getFirst();
            if (json) {
                out.println(new ObjectMapper().writeValueAsString(asMap(answer)));
            } else {
                for (int i = 0; i < answer.labels().size(); i++) {
                    String label = answer.labels().get(i);
                    out.printf(Locale.ROOT, "%s %-20s %8.4f%n", label.equals(answer.label()) ? "*" : " ", label, answer.scores()[i]);
                }
                if (answer.truncated()) {
                    out.println("The text was cut to the model's longest sequence.");
                }
            }
        }
        return 0;
    }

    private static Map<String, Object> asMap(Classification answer) {
        Map<String, Float> scores = new LinkedHashMap<>();
        for (int i = 0; i < answer.labels().size(); i++) {
            scores.put(answer.labels().get(i), answer.scores()[i]);
        }
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("label", answer.label());
        map.put("score", answer.score());
        map.put("scores", scores);
        map.put("logits", answer.logits());
        map.put("tokens", answer.tokens());
        map.put("truncated", answer.truncated());
        return map;
    }
}
