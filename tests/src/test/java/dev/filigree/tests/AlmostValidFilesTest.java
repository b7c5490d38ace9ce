package dev.filigree.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.Fuzzer;
import dev.filigree.format.ModelFile;
import dev.filigree.format.ModelFormatException;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.GoldenExampleException;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the reader of the format accepts, a classifier runs, or refuses for its golden examples. */
class AlmostValidFilesTest {
    private static final int FILES = 3000;

    @TempDir
    Path folder;

    @Test
    void areRefusedOrRun() throws Exception {
        Fuzzer fuzzer = new Fuzzer();
        Path path = folder.resolve("model.filigree");
        int ran = 0;
        int refusedForGolden = 0;
        for (int number = 0; number < FILES; number++) {
            Files.write(path, fuzzer.file(number));
            if (accepted(path)) {
                try {
                    Classifier.builder().provider("reference").open(path).close();
                } catch (GoldenExampleException e) {
                    refusedForGolden++;
                }
                runs(path, number);
                ran++;
            }
        }
        assertThat(ran).isGreaterThan(FILES / 10);
        assertThat(refusedForGolden).isPositive();
    }

    private static boolean accepted(Path path) {
        try {
            ModelFile.open(path).close();
            return true;
        } catch (ModelFormatException e) {
            return false;
        }
    }

    private static void runs(Path path, int number) throws IOException {
        try (Classifier classifier = Classifier.builder().provider("reference").verify(false).open(path)) {
            Optional<String> second = classifier.model().task().pairs() ? Optional.of("é 字") : Optional.empty();
            List<Classification> answers = classifier.classify(List.of(new TextInput("a b! 😀", second), new TextInput("", second)));
            assertThat(answers).as("file %d", number).hasSize(2)
                    .allSatisfy(answer -> assertThat(answer.logits()).hasSameSizeAs(classifier.model().task().labels()));
        }
    }
}
