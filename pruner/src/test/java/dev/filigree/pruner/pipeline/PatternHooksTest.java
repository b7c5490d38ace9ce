package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Sparsity;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.TinyEncoder;
import dev.filigree.pruner.checkpoint.Checkpoints;
import dev.filigree.pruner.checkpoint.PhaseCheckpoint;
import dev.filigree.pruner.export.HuggingFaceExport;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.DistillationWeights;
import dev.filigree.pruner.train.EncodedExample;
import dev.filigree.pruner.train.HeadSpec;
import dev.filigree.pruner.train.Objective;
import dev.filigree.pruner.train.Precision;
import dev.filigree.pruner.train.Teacher;
import dev.filigree.pruner.train.TorchEngine;
import dev.filigree.pruner.train.Trainer;
import dev.filigree.pruner.train.TrainingListener;
import dev.filigree.pruner.train.TrainingPlan;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the methods do around the steps of a training, on a tiny encoder. */
class PatternHooksTest {
    private static final int STEPS = 40;
    private static final SparsityPlan PLAN = SparsityPlan.all(Sparsity.parse("2:4@4"));
    private static final HeadSpec HEAD = new HeadSpec(Pooling.POOLER, 3, false);

    private final List<EncodedExample> examples = examples();
    private BertClassifier dense;

    /** Every hook. */
    enum Kind {
        ADMM, SR_STE, GRADUAL, FIXED_MASK, QUANTIZE_AWARE;

        PatternHook of(BertClassifier student, List<PatternLayer> layers) {
            return switch (this) {
                case ADMM -> new AdmmHook(layers, STEPS);
                case SR_STE -> new SrSteHook(layers, STEPS);
                case GRADUAL -> new GradualHook(layers, STEPS);
                case FIXED_MASK -> new FixedMaskHook(layers);
                case QUANTIZE_AWARE -> {
                    PatternHook method = new SrSteHook(layers, STEPS);
                    yield new QuantizeAwareHook(method, student, StoredTypes.of(DType.INT8), STEPS / 2);
                }
            };
        }
    }

    @BeforeEach
    void open() {
        dense = new BertClassifier(TorchEngine.start(1), TinyEncoder.SHAPE, HEAD, TinyEncoder.weights(), 1);
    }

    @AfterEach
    void close() {
        dense.close();
    }

    /** Interrupted early, in the middle and late, and resumed: the weights and masks of the run in one go. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void resumeToTheSameModel(Kind kind, @TempDir Path folder) throws IOException, InterruptedException {
        try (BertClassifier whole = dense.copy()) {
            List<PatternLayer> expected = PatternLayer.of(whole, PLAN);
            train(whole, expected, kind, TrainingListener.SILENT, PhaseCheckpoint.OFF);
            for (int kill : new int[] {7, 17, 33, Integer.MAX_VALUE}) {
                try (BertClassifier resumed = dense.copy();
                        Checkpoints checkpoints = Checkpoints.in(folder, Map.of(), Duration.ofHours(1))) {
                    List<PatternLayer> layers = PatternLayer.of(resumed, PLAN);
                    TrainingListener killer = (_, step, _, _, _) -> {
                        if (step == kill) {
                            Thread.currentThread().interrupt();
                        }
                    };
                    checkpoints.track("pruned").phase("test", new PrunedState(resumed, layers),
                            checkpoint -> train(resumed, layers, kind, killer, checkpoint));
                    whole.export().forEach((name, values) -> assertThat(resumed.export().get(name)).as(name).isEqualTo(values));
                    for (int i = 0; i < layers.size(); i++) {
                        assertThat(layers.get(i).mask()).isEqualTo(expected.get(i).mask());
                    }
                } catch (InterruptedException e) {
                    assertThat(kill).isLessThan(STEPS);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void endInTheExactPattern(Kind kind) throws InterruptedException {
        try (BertClassifier student = dense.copy()) {
            List<PatternLayer> layers = PatternLayer.of(student, PLAN);
            train(student, layers, kind, TrainingListener.SILENT, PhaseCheckpoint.OFF);
            for (PatternLayer layer : layers) {
                assertThat(layer.weight().mask().orElseThrow()).isEqualTo(layer.mask().toFloats());
                assertThat(layer.grid().obeyedBy(layer.weight().maskedWeights())).isTrue();
            }
        }
    }

    /** In the last steps the trainer computes what the packed file computes. */
    @Test
    void quantizeAwareStepsSeeThePackedModel() throws InterruptedException {
        StoredTypes types = StoredTypes.of(DType.INT8);
        try (BertClassifier student = dense.copy()) {
            types.roundEmbeddings(student);
            List<PatternLayer> layers = PatternLayer.of(student, PLAN);
            List<Integer> compared = new ArrayList<>();
            TrainingListener comparison = (_, step, _, _, _) -> {
                if (step >= STEPS - 2) {
                    assertThat(logits(student, examples)).isDeepEqualTo(packedLogits(student, types));
                    compared.add(step);
                }
            };
            PatternHook hook = new QuantizeAwareHook(new FixedMaskHook(layers), student, types, STEPS - 2);
            train(student, hook, comparison, PhaseCheckpoint.OFF);
            assertThat(compared).containsExactly(STEPS - 2, STEPS - 1, STEPS);
            float[] plain = student.evaluate(examples, 8)[0];
            assertThat(plain).isNotEqualTo(packedLogits(student, types)[0]);
            assertThat(plain).containsExactly(packedLogits(student, types)[0], within(0.5f));
        }
    }

    private static float[][] packedLogits(BertClassifier student, StoredTypes types) {
        Provenance provenance = new Provenance("test", "tiny", "test", Map.of(), Map.of(), Map.of());
        List<String> vocabulary = List.of((TinyEncoder.VOCABULARY + "g").split("\n"));
        TokenizerSpec tokenizer = new TokenizerSpec(vocabulary, true, true, true, 9);
        Model packed = new Packer(PLAN, types).pack(student.shape(), tokenizer, HEAD.pooling(), GlueTask.MNLI.toTask(), student.export(),
                provenance, List.of());
        try (BertClassifier unpacked =
                new BertClassifier(student.engine(), student.shape(), student.head(), HuggingFaceExport.weights(packed), 0)) {
            return logits(unpacked, examples());
        }
    }

    private static float[][] logits(BertClassifier model, List<EncodedExample> examples) {
        try {
            return model.evaluate(examples, 8);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void onlyAShareOfTheStepsCanBeQuantizeAware() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingOptions(DistillationWeights.DEFAULT, 0, 1.5, Optional.empty(), Precision.FP32))
                .withMessageContaining("0..1");
    }

    @Test
    void aTextWithOtherWordsHasNoLabel() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingOptions(DistillationWeights.parse("logits,labels"), 0.3, 0, Optional.empty(), Precision.FP32))
                .withMessageContaining("leave labels out");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingOptions(DistillationWeights.DEFAULT, -0.1, 0, Optional.empty(), Precision.FP32))
                .withMessageContaining("0..1");
    }

    private void train(
            BertClassifier student, List<PatternLayer> layers, Kind kind, TrainingListener listener, PhaseCheckpoint checkpoint)
            throws InterruptedException {
        train(student, kind.of(student, layers), listener, checkpoint);
    }

    private void train(BertClassifier student, PatternHook hook, TrainingListener listener, PhaseCheckpoint checkpoint)
            throws InterruptedException {
        TrainingPlan plan = TrainingPlan.of("test", STEPS, 8, 1e-3, 3);
        new Trainer(student, listener).train(examples, plan, Objective.imitate(Teacher.of(dense)), hook, checkpoint);
        hook.finish();
    }

    private static List<EncodedExample> examples() {
        Random random = new Random(2);
        List<EncodedExample> examples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int[] ids = random.ints(1 + random.nextInt(9), 0, TinyEncoder.SHAPE.vocabulary()).toArray();
            examples.add(new EncodedExample(new TokenizedText(ids, new int[ids.length], false), random.nextInt(3)));
        }
        return examples;
    }
}
