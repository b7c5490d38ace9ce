package dev.filigree.pruner.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row and label counts of GLUE itself, for the files whose official split is public. */
class GlueRealFilesTest {
    @ParameterizedTest
    @CsvSource(
            delimiterString = "|",
            value = {
                "COLA | TRAIN       | 2528 6023",
                "COLA | DEV         | 322 721",
                "SST2 | TRAIN       | 29780 37569",
                "SST2 | DEV         | 428 444",
                "MRPC | TRAIN       | 1194 2474",
                "MRPC | DEV         | 129 279",
                "STSB | TRAIN       | 5749",
                "STSB | DEV         | 1500",
                "MNLI | DEV_MATCHED | 3479 3123 3213",
                "QNLI | DEV         | 2702 2761",
                "RTE  | TRAIN       | 1249 1241",
                "RTE  | DEV         | 146 131",
                "WNLI | TRAIN       | 323 312",
                "WNLI | DEV         | 40 31",
            })
    void labelsOfTheOfficialSplits(GlueTask task, GlueSplit split, String counts) throws IOException {
        ExampleFile file = read(task, split);
        List<Example> examples = file.examples();
        String found = task.regression()
                ? String.valueOf(examples.size())
                : String.join(" ", IntStream.range(0, task.labels().size())
                        .mapToObj(label -> String.valueOf(examples.stream().filter(e -> e.target() == label).count()))
                        .toList());
        assertThat(found).isEqualTo(counts);
        assertThat(file.skipped()).isZero();
        assertThat(examples).allMatch(e -> !e.first().isBlank() && e.second().isPresent() == task.pairs());
    }

    @ParameterizedTest
    @CsvSource({"MNLI,TRAIN", "MNLI,DEV_MISMATCHED", "QNLI,TRAIN", "QQP,TRAIN", "QQP,DEV"})
    void everyLabelOccursInTheFilesThatMayBeSubsets(GlueTask task, GlueSplit split) throws IOException {
        List<Example> examples = read(task, split).examples();
        assertThat(examples.stream().map(Example::target).distinct()).hasSize(task.labels().size());
        assertThat(examples).allMatch(e -> e.second().isPresent());
    }

    private static ExampleFile read(GlueTask task, GlueSplit split) throws IOException {
        String folder = System.getenv(GlueData.VARIABLE);
        assumeTrue(folder != null, "skipped: FILIGREE_GLUE does not name GLUE's folder");
        return GlueData.directory(Path.of(folder)).read(task, split);
    }
}
