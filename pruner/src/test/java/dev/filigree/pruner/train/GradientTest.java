package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.filigree.format.Pooling;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Gradients of every parameter against finite differences, and against themselves under memory pressure. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GradientTest {
    private BertClassifier teacher;
    private BertClassifier scorer;

    /** Each loss on a head it applies to. */
    enum Case {
        CROSS_ENTROPY, FIRST_TOKEN, POOLER, REGRESSION, IMITATION, IMITATED_SCORE, RELATIONS
    }

    @BeforeAll
    void makeTeachers() {
        teacher = Tiny.model(Tiny.HEAD, 77);
        scorer = Tiny.model(new HeadSpec(Pooling.MEAN, 1, true), 78);
    }

    @AfterAll
    void closeTeachers() {
        teacher.close();
        scorer.close();
    }

    @ParameterizedTest
    @EnumSource(Case.class)
    void equalFiniteDifferences(Case which) {
        HeadSpec head = head(which);
        try (BertClassifier model = Tiny.model(head, 4)) {
            Losses losses = new Losses(head, objective(which), true);
            Batch batch = batch(head);
            Random random = new Random(1);
            Map<String, float[]> gradients = gradients(model, losses, batch);
            for (Parameter parameter : model.parameters()) {
                float[] gradient = gradients.get(parameter.name());
                double norm = norm(gradient);
                double[] along = new double[gradient.length];
                double[] across = new double[gradient.length];
                for (int i = 0; i < gradient.length; i++) {
                    along[i] = norm == 0 ? 0 : gradient[i] / norm;
                    across[i] = random.nextGaussian() / Math.sqrt(gradient.length);
                }
                double tolerance = 2e-3 + 0.01 * norm;
                assertThat(slope(model, losses, batch, parameter, along)).as(parameter.name()).isCloseTo(norm, within(tolerance));
                assertThat(slope(model, losses, batch, parameter, across))
                        .as(parameter.name())
                        .isCloseTo(IntStream.range(0, gradient.length).mapToDouble(i -> gradient[i] * across[i]).sum(), within(tolerance));
            }
        }
    }

    @Test
    void reachDroppedWeightsStraightThrough() {
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 4)) {
            Parameter weight = model.linear(0, LinearRole.FFN_OUT).weight();
            float[] mask = new float[weight.size()];
            IntStream.range(0, mask.length).filter(i -> i % 2 == 0).forEach(i -> mask[i] = 1);
            weight.applyMask(mask);
            Losses losses = new Losses(Tiny.HEAD, Objective.LABELS, true);
            float[] through = gradients(model, losses, batch(Tiny.HEAD)).get(weight.name());
            float[] masked = weight.maskedWeights();
            weight.clearMask();
            System.arraycopy(masked, 0, weight.weights(), 0, masked.length);
            weight.publish();
            assertThat(gradients(model, losses, batch(Tiny.HEAD)).get(weight.name())).isEqualTo(through);
            assertThat(IntStream.range(0, mask.length).filter(i -> mask[i] == 0 && through[i] != 0).count()).isGreaterThan(20);
        }
    }

    /**
     * Autograd keeps only addresses of what Java made. A constant that is freed before the backward pass, as those of DJL's
     * {@code mul(Number)} are, reads as NaN here.
     */
    @Test
    void readNoFreedMemory() {
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 4)) {
            Losses losses = new Losses(Tiny.HEAD, objective(Case.IMITATION), true);
            Map<String, float[]> expected = gradients(model, losses, batch(Tiny.HEAD));
            for (int i = 0; i < 10; i++) {
                Map<String, float[]> again = gradients(model, losses, batch(Tiny.HEAD), GradientTest::reuseFreedMemory);
                expected.forEach((name, gradient) -> assertThat(again.get(name)).as(name).isEqualTo(gradient));
            }
        }
    }

    private static void reuseFreedMemory() {
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            System.gc();
            for (int size = 4; size <= 4096; size *= 2) {
                for (int i = 0; i < 100; i++) {
                    ByteBuffer buffer = ByteBuffer.allocateDirect(size);
                    while (buffer.hasRemaining()) {
                        buffer.putInt(-1);
                    }
                    buffers.add(buffer);
                }
            }
        }
    }

    private static HeadSpec head(Case which) {
        return switch (which) {
            case CROSS_ENTROPY, IMITATION, RELATIONS -> Tiny.HEAD;
            case FIRST_TOKEN -> new HeadSpec(Pooling.CLS, 2, false);
            case POOLER -> new HeadSpec(Pooling.POOLER, 3, false);
            case REGRESSION, IMITATED_SCORE -> new HeadSpec(Pooling.MEAN, 1, true);
        };
    }

    private Objective objective(Case which) {
        return switch (which) {
            case IMITATION -> new Objective(0.3, Optional.of(new Objective.Distillation(Teacher.of(teacher), 0.7, 0.5, 0.4, 2)));
            case RELATIONS -> Objective.imitate(Teacher.of(teacher), new DistillationWeights(0.1, 0, 0, 3));
            case IMITATED_SCORE -> Objective.imitate(Teacher.of(scorer));
            default -> Objective.LABELS;
        };
    }

    private static Batch batch(HeadSpec head) {
        List<EncodedExample> examples = Tiny.examples(6, head.labels(), 21);
        return Batch.of(examples, IntStream.range(0, examples.size()).boxed().toList());
    }

    private static Map<String, float[]> gradients(BertClassifier model, Losses losses, Batch batch) {
        return gradients(model, losses, batch, () -> {});
    }

    private static Map<String, float[]> gradients(BertClassifier model, Losses losses, Batch batch, Runnable betweenPasses) {
        model.parameters().forEach(parameter -> parameter.setTrainable(true));
        Map<String, float[]> gradients = new LinkedHashMap<>();
        try (NDManager step = model.newStepManager(); GradientCollector collector = model.engine().engine().newGradientCollector()) {
            NDArray loss = losses.of(step, batch, model.forward(step, batch));
            betweenPasses.run();
            collector.backward(loss);
        }
        for (Parameter parameter : model.parameters()) {
            try (NDArray gradient = parameter.gradient()) {
                gradients.put(parameter.name(), gradient.toFloatArray());
            }
            parameter.zeroGradient();
            parameter.setTrainable(false);
        }
        return gradients;
    }

    private static double slope(BertClassifier model, Losses losses, Batch batch, Parameter parameter, double[] direction) {
        double reach = 1e-2;
        float[] start = parameter.weights().clone();
        double forth = lossAt(model, losses, batch, parameter, start, direction, reach);
        double back = lossAt(model, losses, batch, parameter, start, direction, -reach);
        lossAt(model, losses, batch, parameter, start, direction, 0);
        return (forth - back) / (2 * reach);
    }

    private static double lossAt(
            BertClassifier model, Losses losses, Batch batch, Parameter parameter, float[] start, double[] direction, double reach) {
        for (int i = 0; i < start.length; i++) {
            parameter.weights()[i] = (float) (start[i] + reach * direction[i]);
        }
        parameter.publish();
        try (NDManager step = model.newStepManager()) {
            return losses.of(step, batch, model.forward(step, batch)).getFloat();
        }
    }

    private static double norm(float[] values) {
        return Math.sqrt(IntStream.range(0, values.length).mapToDouble(i -> (double) values[i] * values[i]).sum());
    }
}
