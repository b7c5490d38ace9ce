package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.checkpoint.Checkpoints;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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

    @Test
    void learnsInBf16WhatIsEvaluatedInFp32() throws InterruptedException {
        try (BertClassifier half = new BertClassifier(model.engine().with(Precision.BF16), model.shape(), TWO, model.export(), 1)) {
            float[][] before = half.evaluate(examples, 32);
            assertThat(before).isDeepEqualTo(model.evaluate(examples, 32));
            assertThat(logits(half)).isNotEqualTo(logits(model));
            int open = half.openArrays();
            TrainingResult result = train(half, plan(60), Objective.LABELS, StepHook.NONE);
            assertThat(result.lastLoss()).isLessThan(0.2).isLessThan(result.firstLoss() / 2);
            assertThat(half.openArrays()).isEqualTo(open);
            try (BertClassifier same = new BertClassifier(model.engine(), model.shape(), TWO, half.export(), 1)) {
                assertThat(half.evaluate(examples, 32)).isDeepEqualTo(same.evaluate(examples, 32)).isNotEqualTo(before);
            }
        }
    }

    /** Of a step of training. */
    private float[] logits(BertClassifier of) {
        try (NDManager step = of.newStepManager()) {
            return of.forward(step, Batch.of(examples, List.of(0, 1, 2))).logits().toFloatArray();
        }
    }

    /** On a model large enough for PyTorch to split its work, and few steps, because waiting threads are slow on a busy machine. */
    @ParameterizedTest
    @CsvSource({"1, FP32", "2, FP32", "1, BF16", "2, BF16"})
    void isDeterministic(int threads, Precision precision) throws InterruptedException {
        EncoderShape wide = new EncoderShape(64, 1, 2, 256, 20, 10, 2, 1e-5f);
        TorchEngine engine = TorchEngine.start(threads).with(precision);
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

    /** Ended between any two steps, several times over, by an error that nothing catches: the weights of the run in one go. */
    @ParameterizedTest
    @EnumSource(Residence.class)
    void resumesToTheSameWeights(Residence residence, @TempDir Path folder) throws InterruptedException, IOException {
        TrainingPlan plan = plan(10).withTrainedEmbeddings().withFeatureDropout(0.2);
        TrainingResult expected;
        Map<String, float[]> weights;
        try (BertClassifier inOneGo = Tiny.model(TWO, 1, residence)) {
            expected = train(inOneGo, plan, Objective.LABELS, new GrowingMask(inOneGo));
            weights = inOneGo.export();
        }
        TrainingResult actual = null;
        for (int kill = 2; actual == null; kill += 3) {
            int last = kill;
            TrainingListener killer = (_, step, _, _, _) -> {
                if (step == last) {
                    throw new StackOverflowError();
                }
            };
            try (BertClassifier resumed = Tiny.model(TWO, 1, residence);
                    Checkpoints checkpoints = Checkpoints.in(folder, Map.of(), Duration.ZERO)) {
                List<TrainingResult> results = new ArrayList<>();
                checkpoints.track("test").phase("test", resumed, checkpoint -> results.add(new Trainer(resumed, killer)
                        .train(examples, plan, Objective.LABELS, new GrowingMask(resumed), checkpoint)));
                actual = results.getFirst();
                weights.forEach((name, values) -> assertThat(resumed.export().get(name)).as(name).isEqualTo(values));
            } catch (StackOverflowError _) {
                assertThat(kill).isLessThan(plan.steps());
            }
        }
        assertThat(actual.firstLoss()).isEqualTo(expected.firstLoss());
        assertThat(actual.lastLoss()).isEqualTo(expected.lastLoss());
    }

    /** The arithmetic of a GPU's steps, on the CPU: what embeddings, masks and refreshed masks need is there too. */
    @Test
    void trainsOnTheDeviceAsInJava() throws InterruptedException {
        TrainingPlan plan = plan(20).withTrainedEmbeddings().withFeatureDropout(0.2);
        train(model, plan, Objective.LABELS, new GrowingMask(model));
        try (BertClassifier onDevice = Tiny.model(TWO, 1, Residence.DEVICE)) {
            int open = onDevice.openArrays();
            train(onDevice, plan, Objective.LABELS, new GrowingMask(onDevice));
            assertThat(onDevice.openArrays()).as("arrays left behind, but for one mask").isEqualTo(open + 1);
            float[][] logits = model.evaluate(examples, 32);
            float[][] onDeviceLogits = onDevice.evaluate(examples, 32);
            for (int i = 0; i < logits.length; i++) {
                assertThat(onDeviceLogits[i]).containsExactly(logits[i], within(1e-2f));
            }
        }
    }

    /** Drops one more weight of a linear in each step and decays it: a hook whose state and rule change as it goes. */
    private static final class GrowingMask implements StepHook {
        private final Parameter weight;
        private final float[] mask;
        private int dropped;

        GrowingMask(BertClassifier model) {
            weight = model.linear(1, LinearRole.FFN_IN).weight();
            mask = new float[weight.size()];
            Arrays.fill(mask, 1);
        }

        @Override
        public void start(AdamW optimizer) {
            weight.applyMask(mask);
            optimizer.setRule(weight, new UpdateRule.StraightThrough(2));
        }

        @Override
        public void afterStep(int step, AdamW optimizer) {
            mask[dropped++] = 0;
            weight.publish();
            if (dropped == 6) {
                optimizer.setRule(weight, new UpdateRule.FixedMask());
            }
        }

        @Override
        public void save(StateWriter out) throws IOException {
            out.number("dropped", dropped);
        }

        @Override
        public void restore(StateReader in, AdamW optimizer) throws IOException {
            dropped = Math.toIntExact(in.number("dropped"));
            Arrays.fill(mask, 0, dropped, 0);
            weight.publish();
            if (dropped >= 6) {
                optimizer.setRule(weight, new UpdateRule.FixedMask());
            }
        }
    }

    @Test
    void keepsItsProgressWhenInterrupted(@TempDir Path folder) throws IOException, InterruptedException {
        StepHook interrupting = new StepHook() {
            @Override
            public void afterStep(int step, AdamW optimizer) {
                if (step == 3) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        List<Integer> steps = new ArrayList<>();
        TrainingListener listener = (_, step, _, _, _) -> steps.add(step);
        for (int run = 0; run < 2; run++) {
            StepHook hook = run == 0 ? interrupting : StepHook.NONE;
            try (Checkpoints checkpoints = Checkpoints.in(folder, Map.of(), Duration.ofHours(1))) {
                checkpoints.track("test").phase("test", model, checkpoint ->
                        new Trainer(model, listener).train(examples, plan(5), Objective.LABELS, hook, checkpoint));
            } catch (InterruptedException e) {
                assertThat(run).isZero();
            }
        }
        assertThat(steps).containsExactly(1, 2, 3, 4, 5);
    }

    /** Labels drawn at random: the loss on what is held out soon rises. */
    @Test
    void stopsEarlyAndKeepsTheBestWeights() throws InterruptedException {
        List<EncodedExample> noise = Tiny.examples(48, 2, 5);
        TrainingPlan plan = TrainingPlan.of("test", 400, 16, 2e-2, 7).withStopping(Optional.of(new EarlyStopping(2, 0.3)));
        List<Integer> steps = new ArrayList<>();
        TrainingResult result = new Trainer(model, (_, step, _, _, _) -> steps.add(step))
                .train(noise, plan, Objective.LABELS, StepHook.NONE);
        assertThat(result.steps()).isEqualTo(steps.size()).isLessThan(400).isGreaterThanOrEqualTo(60);
        HeldOut judge = new HeldOut(plan.stopping().get(), noise, plan, model.parameters());
        assertThat(judge.trained()).hasSize(34);
        // The same training, ended two judgements of 20 steps earlier, and with the rates of the longer plan.
        try (BertClassifier shorter = Tiny.model(TWO, 1)) {
            int best = result.steps() - 40;
            TrainingListener stop = (_, step, _, _, _) -> {
                if (step == best) {
                    Thread.currentThread().interrupt();
                }
            };
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() ->
                    new Trainer(shorter, stop).train(noise, plan, Objective.LABELS, StepHook.NONE));
            model.export().forEach((name, weights) -> assertThat(shorter.export().get(name)).as(name).isEqualTo(weights));
        }
    }

    @Test
    void doesNotJudgeWhatIsNotSettled() throws InterruptedException {
        StepHook unsettled = new StepHook() {
            @Override
            public boolean settled() {
                return false;
            }
        };
        TrainingPlan plan = TrainingPlan.of("test", 60, 16, 2e-2, 7).withStopping(Optional.of(new EarlyStopping(1, 0.3)));
        assertThat(train(model, plan, Objective.LABELS, unsettled).steps()).isEqualTo(60);
    }

    @Test
    void resumesWithItsPatience(@TempDir Path folder) throws InterruptedException, IOException {
        List<EncodedExample> noise = Tiny.examples(48, 2, 5);
        TrainingPlan plan = TrainingPlan.of("test", 400, 16, 2e-2, 7).withStopping(Optional.of(new EarlyStopping(2, 0.3)));
        int expected = new Trainer(model, TrainingListener.SILENT).train(noise, plan, Objective.LABELS, StepHook.NONE).steps();
        List<Integer> steps = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            int killed = run == 0 ? expected - 10 : Integer.MAX_VALUE;
            TrainingListener killer = (_, step, _, _, _) -> {
                if (step == killed) {
                    Thread.currentThread().interrupt();
                }
            };
            try (BertClassifier resumed = Tiny.model(TWO, 1);
                    Checkpoints checkpoints = Checkpoints.in(folder, Map.of(), Duration.ofHours(1))) {
                checkpoints.track("test").phase("test", resumed, checkpoint -> steps.add(
                        new Trainer(resumed, killer).train(noise, plan, Objective.LABELS, StepHook.NONE, checkpoint).steps()));
                model.export().forEach((name, weights) -> assertThat(resumed.export().get(name)).as(name).isEqualTo(weights));
            } catch (InterruptedException e) {
                assertThat(run).isZero();
            }
        }
        assertThat(steps).containsExactly(expected);
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

    private double accuracy() throws InterruptedException {
        float[][] logits = model.evaluate(examples, 10);
        return IntStream.range(0, logits.length)
                .filter(i -> (logits[i][1] > logits[i][0] ? 1 : 0) == (int) examples.get(i).target())
                .count() / (double) logits.length;
    }
}
