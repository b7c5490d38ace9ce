package dev.filigree.pruner.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.pruner.data.EvaluationFile;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.glue.GlueMetrics;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.pipeline.Predictions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    private static final int COUNT = 400;

    @Test
    void theDifferenceOfAccuraciesIsPaired() {
        float[] expected = new float[COUNT];
        float[] dense = answers(40, 0);
        float[] pruned = answers(40, 0);
        float[] packed = answers(40, 20);
        RunReport.Metric metric = metrics(GlueTask.SST2, expected, dense, pruned, packed).getFirst();
        assertThat(metric.name()).isEqualTo("accuracy");
        assertThat(metric.examples()).isEqualTo(COUNT);
        assertThat(metric.interval()).isEqualTo("Wilson");
        assertThat(metric.dense()).isEqualTo(Interval.wilson(360, COUNT));
        assertThat(metric.packed()).isEqualTo(Interval.wilson(340, COUNT));
        assertThat(metric.prunedMinusDense()).as("the same mistakes").isEqualTo(new Interval(0, 0, 0));
        // 20 of 400 more mistakes: standard error sqrt(0.05 * 0.95 / 400) = 0.0109
        assertThat(metric.packedMinusDense().value()).isCloseTo(-0.05, within(1e-12));
        assertThat(metric.packedMinusDense().low()).isCloseTo(-0.05 - 1.96 * 0.0109, within(0.004));
        assertThat(metric.packedMinusDense().high()).isCloseTo(-0.05 + 1.96 * 0.0109, within(0.004));
    }

    /** The interval of Fisher's transformation of a correlation of normal variables. */
    @Test
    void theIntervalOfACorrelationIsNearTheTheoreticalOne() {
        Random random = new Random(3);
        float[] expected = new float[COUNT];
        float[] near = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            expected[i] = (float) random.nextGaussian();
            near[i] = expected[i] + (float) random.nextGaussian();
        }
        List<RunReport.Metric> metrics = metrics(GlueTask.STSB, expected, expected, near, near);
        assertThat(metrics).extracting(RunReport.Metric::name).containsExactly("pearson", "spearman");
        RunReport.Metric pearson = metrics.getFirst();
        assertThat(pearson.interval()).isEqualTo("bootstrap");
        assertThat(pearson.dense().low()).isCloseTo(1, within(1e-9));
        double z = Math.log((1 + pearson.packed().value()) / (1 - pearson.packed().value())) / 2;
        assertThat(pearson.packed().low()).isCloseTo(Math.tanh(z - 1.96 / Math.sqrt(COUNT - 3)), within(0.02));
        assertThat(pearson.packed().high()).isCloseTo(Math.tanh(z + 1.96 / Math.sqrt(COUNT - 3)), within(0.02));
    }

    @Test
    void aSeedFixesIt() {
        float[] expected = answers(200, 0);
        float[] dense = answers(180, 30);
        assertThat(metrics(GlueTask.COLA, expected, dense, dense, expected))
                .isEqualTo(metrics(GlueTask.COLA, expected, dense, dense, expected));
    }

    /** Label 1 for the first examples and the last ones, 0 between. */
    private static float[] answers(int first, int last) {
        float[] answers = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            answers[i] = i < first || i >= COUNT - last ? 1 : 0;
        }
        return answers;
    }

    private static List<RunReport.Metric> metrics(GlueTask task, float[] expected, float[] dense, float[] pruned, float[] packed) {
        List<Example> examples = new ArrayList<>();
        for (float target : expected) {
            examples.add(new Example("", Optional.empty(), target));
        }
        EvaluationFile source = new EvaluationFile(new ExampleFile("dev.tsv", examples, 0, examples.size(), ""),
                (predicted, wanted) -> GlueMetrics.score(task, GlueSplit.DEV, predicted, wanted));
        return Bootstrap.metrics(List.of(new Predictions(source, dense, pruned, packed)));
    }
}
