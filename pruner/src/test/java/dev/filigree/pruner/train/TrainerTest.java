package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
    private static final HeadSpec TWO = new HeadSpec(Pooling.MEAN, 2, false);

    private final List<EncodedExample> examples = Tiny.separable(64, 3);
    private BertClassifier model;

    @BeforeEach
    void open() {
        model = Tiny.model(TWO, 1);
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void learnsSeparableTask() throws InterruptedException {
        TrainingResult result = train(model, plan(60), Objective.LABELS, StepHook.NONE);
        assertThat(result.lastLoss()).isLessThan(0.2).isLessThan(result.firstLoss() / 2);
        assertThat(accuracy()).isGreaterThan(0.95);
    }

    @Test
    void learnsScores() throws InterruptedException {
        try (BertClassifier scorer = Tiny.model(new HeadSpec(Pooling.CLS, 1, true), 2)) {
            TrainingResult result = train(scorer, plan(120), Objective.LABELS, StepHook.NONE);
            assertThat(result.lastLoss()).isLessThan(0.05).isLessThan(result.firstLoss() / 2);
        }
    }

    @Test
    void imitatesTeacher() throws InterruptedException {
        train(model, plan(60), Objective.LABELS, StepHook.NONE);
        try (BertClassifier student = model.copy()) {
            for (PrunableLinear linear : student.linears()) {
                IntStream.range(0, linear.weight().size()).filter(i -> i % 4 == 0).forEach(i -> linear.weight().weights()[i] = 0);
                linear.weight().publish();
            }
            TrainingResult result = train(student, plan(60), Objective.imitate(Teacher.of(model)), StepHook.NONE);
            assertThat(result.lastLoss()).isLessThan(result.firstLoss() / 3);
        }
    }

    /** On a model large enough for PyTorch to split its work, and few steps, because waiting threads are slow on a busy machine. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void isDeterministic(int threads) throws InterruptedException {
        EncoderShape wide = new EncoderShape(64, 1, 2, 256, 20, 10, 2, 1e-5f);
        TorchEngine engine = TorchEngine.start(threads);
        TrainingPlan plan = TrainingPlan.of("test", 3, 32, 1e-2, 7).withTrainedEmbeddings().withFeatureDropout(0.1);
        List<Map<String, float[]>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            try (BertClassifier fresh = new BertClassifier(engine, wide, TWO, Tiny.weights(wide, TWO, 1), 1)) {
                train(fresh, plan, Objective.LABELS, StepHook.NONE);
                runs.add(fresh.export());
            }
        }
        runs.getFirst().forEach((name, weights) -> assertThat(runs.getLast().get(name)).as(name).isEqualTo(weights));
        Tiny.engine();
    }

    @Test
    void freezesEmbeddingsUnlessAsked() throws InterruptedException {
        Map<String, float[]> before = model.export();
        train(model, plan(3), Objective.LABELS, StepHook.NONE);
        Map<String, float[]> after = model.export();
        before.forEach((name, weights) ->
                assertThat(Arrays.equals(weights, after.get(name)))
                        .as(name)
                        .isEqualTo(name.startsWith("embeddings.")));
        train(model, plan(3).withTrainedEmbeddings(), Objective.LABELS, StepHook.NONE);
        assertThat(model.export().get(Parameters.WORD_EMBEDDINGS)).isNotEqualTo(before.get(Parameters.WORD_EMBEDDINGS));
    }

    @Test
    void keepsFixedMasks() throws InterruptedException {
        StepHook hook = new StepHook() {
            @Override
            public void start(AdamW optimizer) {
                for (PrunableLinear linear : model.linears()) {
                    float[] mask = new float[linear.weight().size()];
                    IntStream.range(0, mask.length).filter(i -> i % 4 < 2).forEach(i -> mask[i] = 1);
                    linear.weight().applyMask(mask);
                    optimizer.setRule(linear.weight(), new UpdateRule.FixedMask());
                }
            }
        };
        train(model, plan(60), Objective.LABELS, hook);
        for (PrunableLinear linear : model.linears()) {
            float[] weights = linear.weight().weights();
            assertThat(IntStream.range(0, weights.length).filter(i -> i % 4 >= 2 && weights[i] != 0)).as(linear.name()).isEmpty();
        }
        assertThat(accuracy()).isGreaterThan(0.9);
    }

    @Test
    void leavesNoArraysBehind() throws InterruptedException {
        BertClassifier teacher = model.copy();
        try (teacher) {
            Objective objective = Objective.imitate(Teacher.of(teacher));
            train(model, plan(2), objective, StepHook.NONE);
            int before = model.openArrays() + teacher.openArrays();
            train(model, plan(200), objective, StepHook.NONE);
            model.evaluate(examples, 8);
            assertThat(model.openArrays() + teacher.openArrays()).isEqualTo(before);
        }
    }

    @Test
    void tellsListenerAndHookOfEveryStep() throws InterruptedException {
        List<String> calls = new ArrayList<>();
        StepHook hook = new StepHook() {
            @Override
            public void afterStep(int step, AdamW optimizer) {
                calls.add("hook " + step);
            }

            @Override
            public Map<String, Double> residuals() {
                return Map.of("primal", 0.5);
            }
        };
        TrainingListener listener = (phase, step, steps, loss, residuals) -> {
            assertThat(loss).isPositive();
            calls.add(phase + " " + step + "/" + steps + " " + residuals);
        };
        new Trainer(model, listener).train(examples, plan(2), Objective.LABELS, hook);
        assertThat(calls).containsExactly("hook 1", "test 1/2 {primal=0.5}", "hook 2", "test 2/2 {primal=0.5}");
    }

    @Test
    void stopsBetweenStepsWhenInterrupted() {
        List<Integer> steps = new ArrayList<>();
        StepHook hook = new StepHook() {
            @Override
            public void afterStep(int step, AdamW optimizer) {
                steps.add(step);
                if (step == 3) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> train(model, plan(10), Objective.LABELS, hook))
                .withMessageContaining("3 of 10");
        assertThat(steps).containsExactly(1, 2, 3);
    }

    @Test
    void saysWhenItDiverges() {
        model.parameter("classifier.bias").weights()[0] = Float.NaN;
        model.parameter("classifier.bias").publish();
        assertThatExceptionOfType(TrainingException.class)
                .isThrownBy(() -> train(model, plan(3), Objective.LABELS, StepHook.NONE))
                .withMessageContaining("step 1")
                .withMessageContaining("learning rate");
    }

    @Test
    void rateWarmsUpAndFallsToZero() {
        TrainingPlan plan = plan(100);
        assertThat(plan.learningRate(0)).isCloseTo(1e-3, within(1e-9));
        assertThat(IntStream.range(0, 100).mapToDouble(plan::learningRate).max().orElseThrow()).isEqualTo(1e-2);
        assertThat(IntStream.range(9, 99)).allMatch(step -> plan.learningRate(step) > plan.learningRate(step + 1));
        assertThat(plan.learningRate(99)).isPositive().isLessThan(2e-4);
    }

    private static TrainingPlan plan(int steps) {
        return TrainingPlan.of("test", steps, 16, 1e-2, 7);
    }

    private TrainingResult train(BertClassifier trained, TrainingPlan plan, Objective objective, StepHook hook)
            throws InterruptedException {
        return new Trainer(trained, TrainingListener.SILENT).train(examples, plan, objective, hook);
    }

    private double accuracy() {
        float[][] logits = model.evaluate(examples, 10);
        return IntStream.range(0, logits.length)
                .filter(i -> (logits[i][1] > logits[i][0] ? 1 : 0) == (int) examples.get(i).target())
                .count() / (double) logits.length;
    }
}
