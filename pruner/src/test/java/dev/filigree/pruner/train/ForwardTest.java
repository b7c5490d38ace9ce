package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.BaseModel;
import dev.filigree.pruner.base.PlainEncoder;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The batched forward pass against one written plainly, text by text and in double precision. */
class ForwardTest {
    private static final double TOLERANCE = 2e-5;

    @Test
    void hiddenStatesOfEveryLayerEqualPlainComputation() {
        List<EncodedExample> examples = Tiny.examples(7, 3, 11);
        Map<String, float[]> weights = Tiny.weights(Tiny.SHAPE, Tiny.HEAD, 5);
        try (BertClassifier model = new BertClassifier(Tiny.engine(), Tiny.SHAPE, Tiny.HEAD, weights, 0);
                NDManager step = model.newStepManager()) {
            Batch batch = Batch.of(examples, IntStream.range(0, examples.size()).boxed().toList());
            Forward forward = model.forward(step, batch);
            assertThat(forward.hiddenStates()).hasSize(Tiny.SHAPE.layers() + 1);
            for (int layer = 1; layer <= Tiny.SHAPE.layers(); layer++) {
                float[] states = forward.hiddenStates().get(layer).toFloatArray();
                for (int row = 0; row < examples.size(); row++) {
                    double[][] expected = plain(weights, layer, examples.get(row).text());
                    for (int t = 0; t < expected.length; t++) {
                        for (int j = 0; j < expected[t].length; j++) {
                            int at = (row * batch.width() + t) * Tiny.SHAPE.hidden() + j;
                            assertThat((double) states[at]).isCloseTo(expected[t][j], within(TOLERANCE));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void logitsEqualPlainComputation(Pooling pooling) throws InterruptedException {
        HeadSpec head = new HeadSpec(pooling, 3, false);
        List<EncodedExample> examples = Tiny.examples(9, 3, 12);
        Map<String, float[]> weights = Tiny.weights(Tiny.SHAPE, head, 6);
        try (BertClassifier model = new BertClassifier(Tiny.engine(), Tiny.SHAPE, head, weights, 0)) {
            float[][] logits = model.evaluate(examples, 4);
            for (int i = 0; i < examples.size(); i++) {
                double[] expected = logits(weights, pooling, plain(weights, Tiny.SHAPE.layers(), examples.get(i).text()));
                for (int label = 0; label < expected.length; label++) {
                    assertThat((double) logits[i][label]).isCloseTo(expected[label], within(TOLERANCE));
                }
            }
        }
    }

    @Test
    void examplesComputedTogetherKeepTheirOrder() throws InterruptedException {
        List<EncodedExample> examples = Tiny.examples(9, 3, 12);
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 6)) {
            float[] together = model.logits(examples);
            float[][] each = model.evaluate(examples, 1);
            for (int i = 0; i < each.length; i++) {
                for (int label = 0; label < each[i].length; label++) {
                    assertThat(together[i * each[i].length + label]).isCloseTo(each[i][label], within(1e-5f));
                }
            }
        }
    }

    @Test
    void evaluationEndsWhereItIsInterrupted() {
        List<EncodedExample> examples = Tiny.examples(9, 3, 12);
        try (BertClassifier model = new BertClassifier(Tiny.engine(), Tiny.SHAPE, Tiny.HEAD, Tiny.weights(Tiny.SHAPE, Tiny.HEAD, 6), 0)) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> model.evaluate(examples, 4));
        }
    }

    @Test
    void exportGivesBackWhatWasPutInWithMasksApplied() {
        Map<String, float[]> weights = new HashMap<>(Tiny.weights(Tiny.SHAPE, Tiny.HEAD, 5));
        try (BertClassifier model = new BertClassifier(Tiny.engine(), Tiny.SHAPE, Tiny.HEAD, weights, 0)) {
            Parameter pruned = model.linear(1, LinearRole.FFN_IN).weight();
            float[] mask = new float[pruned.size()];
            mask[3] = 1;
            pruned.applyMask(mask);
            Map<String, float[]> exported = model.export();
            float[] expected = new float[pruned.size()];
            expected[3] = weights.get(pruned.name())[3];
            weights.put(pruned.name(), expected);
            assertThat(exported.keySet()).isEqualTo(weights.keySet());
            exported.forEach((name, values) -> assertThat(values).as(name).isEqualTo(weights.get(name)));
        }
    }

    @Test
    void maskedWeightsDoNotCount() throws InterruptedException {
        List<EncodedExample> examples = Tiny.examples(5, 3, 13);
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 8)) {
            Parameter weight = model.linear(0, LinearRole.VALUE).weight();
            float[] mask = new float[weight.size()];
            IntStream.range(0, mask.length).filter(i -> i % 4 < 2).forEach(i -> mask[i] = 1);
            weight.applyMask(mask);
            float[][] masked = model.evaluate(examples, 5);
            IntStream.range(0, mask.length).filter(i -> mask[i] == 0).forEach(i -> weight.weights()[i] = 1e6f);
            weight.publish();
            assertThat(model.evaluate(examples, 5)).isDeepEqualTo(masked);
            weight.clearMask();
            assertThat(model.evaluate(examples, 5)[0]).isNotEqualTo(masked[0]);
        }
    }

    @Test
    void newHeadsDependOnlyOnTheSeed() {
        Map<String, float[]> weights = new HashMap<>(Tiny.weights(Tiny.SHAPE, Tiny.HEAD, 5));
        weights.keySet().removeIf(name -> name.startsWith("classifier"));
        assertThat(newHead(weights, 1)).isEqualTo(newHead(weights, 1)).isNotEqualTo(newHead(weights, 2));
    }

    @Test
    void refusesMissingAndMisshapenWeightsAndLongTexts() {
        Map<String, float[]> weights = new HashMap<>(Tiny.weights(Tiny.SHAPE, Tiny.HEAD, 5));
        String name = LinearRole.KEY.name(1) + ".bias";
        weights.put(name, new float[3]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> newHead(weights, 1))
                .withMessageContaining(name)
                .withMessageContaining("3 values");
        weights.remove(name);
        assertThatIllegalArgumentException().isThrownBy(() -> newHead(weights, 1)).withMessageContaining(name);
        try (BertClassifier model = Tiny.model(Tiny.HEAD, 1)) {
            int[] ids = new int[Tiny.SHAPE.maxPositions() + 1];
            List<EncodedExample> tooLong = List.of(new EncodedExample(new TokenizedText(ids, ids, false), 0));
            assertThatIllegalArgumentException().isThrownBy(() -> model.evaluate(tooLong, 1)).withMessageContaining("11 tokens");
        }
    }

    private static float[] newHead(Map<String, float[]> weights, long seed) {
        try (BertClassifier model = new BertClassifier(Tiny.engine(), Tiny.SHAPE, Tiny.HEAD, weights, seed)) {
            return model.parameter("classifier.weight").weights().clone();
        }
    }

    /** Hidden states after some layers: an encoder cut off there. */
    private static double[][] plain(Map<String, float[]> weights, int layers, TokenizedText text) {
        EncoderShape all = Tiny.SHAPE;
        EncoderShape cut = new EncoderShape(all.hidden(), layers, all.heads(), all.intermediate(), all.vocabulary(), all.maxPositions(),
                all.typeVocabulary(), all.layerNormEpsilon());
        TokenizerSpec tokenizer = new TokenizerSpec(List.of(), true, true, true, all.maxPositions());
        BaseModel model = new BaseModel("tiny", cut, tokenizer, Pooling.MEAN, weights, Optional.empty());
        return new PlainEncoder(model).hiddenStates(text.ids(), text.types());
    }

    private static double[] logits(Map<String, float[]> weights, Pooling pooling, double[][] states) {
        double[] pooled = states[0].clone();
        if (pooling == Pooling.MEAN) {
            for (int j = 0; j < pooled.length; j++) {
                int column = j;
                pooled[j] = IntStream.range(0, states.length).mapToDouble(t -> states[t][column]).average().orElseThrow();
            }
        } else if (pooling == Pooling.POOLER) {
            pooled = linear(weights, Parameters.POOLER, pooled);
            for (int j = 0; j < pooled.length; j++) {
                pooled[j] = Math.tanh(pooled[j]);
            }
        }
        return linear(weights, Parameters.CLASSIFIER, pooled);
    }

    private static double[] linear(Map<String, float[]> weights, String name, double[] x) {
        float[] w = weights.get(name + ".weight");
        float[] b = weights.get(name + ".bias");
        double[] y = new double[b.length];
        for (int o = 0; o < y.length; o++) {
            y[o] = b[o];
            for (int i = 0; i < x.length; i++) {
                y[o] += w[o * x.length + i] * x[i];
            }
        }
        return y;
    }
}
