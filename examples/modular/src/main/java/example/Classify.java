package example;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import java.nio.file.Path;

/** On the module path: says what the model of the first argument makes of the text of the second. */
public final class Classify {
    public static void main(String[] args) throws Exception {
        try (Classifier classifier = Classifier.open(Path.of(args[0]))) {
            Classification answer = classifier.classify(args[1]);
            System.out.println(answer.label() + " " + answer.score());
        }
    }
}
