package dev.filigree.tests;

import dev.filigree.format.Task;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;

/** Leaves a packed file for the examples, which are run after the tests, and beside it what the classifier says with it. */
final class ExampleModel {
    /** Where examples/pom.xml looks. */
    private static final Path FOLDER = Path.of("target", "example");

    private static final List<String> TEXTS = List.of(
            "I could not put it down.", "Never again.", "The plot is thin, but the actors carry it.", "Two hours I will not get back.");

    private static final String QUERY = "The museum is open on Mondays.";
    private static final List<String> CANDIDATES = List.of("One can visit the museum on Mondays.", "The museum is closed.");

    private ExampleModel() {}

    /** Copies a file for the examples; each line of the answers is a text, its label and its score, separated by tabs. */
    static void leave(Path file) throws IOException {
        Files.createDirectories(FOLDER);
        try (Classifier classifier = Classifier.open(file)) {
            Path answers = Files.createTempFile(FOLDER, "answers", null);
            Files.writeString(answers, TEXTS.stream().map(text -> line(text, classifier.classify(text))).collect(Collectors.joining()));
            Files.move(answers, FOLDER.resolve("answers.txt"), StandardCopyOption.ATOMIC_MOVE);
        }
        Path model = Files.createTempFile(FOLDER, "model", null);
        Files.copy(file, model, StandardCopyOption.REPLACE_EXISTING);
        Files.move(model, FOLDER.resolve("model.filigree"), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Leaves a small model of pairs with random weights, and what the classifier says with it: each line is the probability that the query
     * entails a candidate, and the candidate, separated by a space.
     */
    static void leavePairs() throws IOException {
        Files.createDirectories(FOLDER);
        Path model = SmallModels.write(FOLDER.resolve("pairs.filigree"),
                new Task("rte", List.of("entailment", "not_entailment"), false, true));
        try (Classifier classifier = Classifier.open(model)) {
            Files.write(FOLDER.resolve("pairs.txt"), CANDIDATES.stream()
                    .map(candidate -> (double) classifier.classify(QUERY, candidate).scores()[0] + " " + candidate)
                    .toList());
        }
    }

    private static String line(String text, Classification answer) {
        return text + "\t" + answer.label() + "\t" + answer.score() + "\n";
    }
}
