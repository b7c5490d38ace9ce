package dev.filigree.runtime.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.runtime.TinyModels;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReferenceProgramTest {
    private static final LayerNorm PLAIN = new LayerNorm(new float[] {1, 1}, new float[] {0, 0});

    /**
     * Two hidden values and one head. With an epsilon of 3 a LayerNorm turns (1, -1) into half of it (variance 1, divisor 2), and every
     * state here is of the form (a, -a), for which it is {@code a / sqrt(a^2 + 3)}.
     */
    @Test
    void forwardEqualsHandDerivedNumbers() {
        // Word rows (1,-1) and (-1,1), position rows 0 and (2,-2), type rows 0: the second token is (-1,1) + (2,-2) = (1,-1) as well.
        Embeddings embeddings = new Embeddings(
                matrix(2, 1, -1, -1, 1), matrix(2, 0, 0, 2, -2), matrix(1, 0, 0), PLAIN);
        Linear zero = linear(new float[2], 0, 0, 0, 0);
        Linear identity = linear(new float[2], 1, 0, 0, 1);
        // All keys are zero: attention is the mean of the values.
        // The embedding norm gives e = 1/2, attention adds the same again and its norm turns (1, -1) into (1/2, -1/2).
        // FFN in: one unit 2 x1 = 1, GELU(1) = 0.8413447; FFN out adds (g, -g).
        EncoderLayer layer = new EncoderLayer(
                identity, zero, identity, identity, PLAIN,
                new Linear(DenseMatrix.of(new float[] {2, 0}, 1, 2, DType.FP32), new float[1]),
                new Linear(DenseMatrix.of(new float[] {1, -1}, 2, 1, DType.FP32), new float[2]),
                PLAIN);
        Head head = new Head(Pooling.MEAN, Optional.empty(), linear(new float[] {0.25f, 0}, 1, 0, 1, 1));
        Model model = model(2, 3f, embeddings, layer, head);
        double a = 0.5 + 0.8413447460685429;
        float state = (float) (a / Math.sqrt(a * a + 3));
        try (EncoderProgram program = new ReferenceProvider().load(model, 1)) {
            TokenBatch batch = new TokenBatch(new int[] {0, 1}, new int[2], new int[] {0, 2});
            assertThat(program.hiddenStates(batch)).containsExactly(new float[] {state, -state, state, -state}, within(1e-6f));
            assertThat(program.logits(batch)).containsExactly(new float[] {state + 0.25f, 0}, within(1e-6f));
        }
    }

    /** With scores of ln 3 and 0 the weights are 3/4 and 1/4. */
    @Test
    void attentionWeighsBySoftmaxOfScaledProducts() {
        // Query (1, 0) for every token; key (k x1 + k, 0), which is 2k for the first token and 0 for the second; scores over sqrt(2).
        float k = (float) (Math.log(3) * Math.sqrt(2) / 2);
        Linear query = linear(new float[] {1, 0}, 0, 0, 0, 0);
        Linear key = linear(new float[] {k, 0}, k, 0, 0, 0);
        // Value (x1 + 1, x2): (2, -1) and (0, 1).
        Linear value = linear(new float[] {1, 0}, 1, 0, 0, 1);
        EncoderLayer layer = new EncoderLayer(query, key, value, value, PLAIN, value, value, PLAIN);
        ReferenceLayer reference = new ReferenceLayer(layer, new EncoderShape(2, 1, 1, 2, 2, 2, 1, 1));
        double[][] context = reference.attention(new double[][] {{1, -1}, {-1, 1}});
        assertThat(context[0]).containsExactly(new double[] {1.5, -0.5}, within(1e-6));
        assertThat(context[1]).containsExactly(new double[] {1.5, -0.5}, within(1e-6));
    }

    /** Two heads of width one see only their own half: each weighs the tokens by its own query and key. */
    @Test
    void headsAreIndependent() {
        Linear bias = linear(new float[] {1, 0}, 0, 0, 0, 0);
        float k = (float) Math.log(3);
        Linear key = linear(new float[] {k / 2, k / 2}, k / 2, 0, 0, k / 2);
        Linear identity = linear(new float[2], 1, 0, 0, 1);
        EncoderLayer layer = new EncoderLayer(bias, key, identity, identity, PLAIN, identity, identity, PLAIN);
        ReferenceLayer reference = new ReferenceLayer(layer, new EncoderShape(2, 1, 2, 2, 2, 2, 1, 1));
        // First head: scores ln 3 and 0, values 1 and -1; second head: query 0, so the plain mean of -1 and 1.
        double[][] context = reference.attention(new double[][] {{1, -1}, {-1, 1}});
        assertThat(context[0]).containsExactly(new double[] {0.5, 0}, within(1e-6));
    }

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void aSequenceInABatchEqualsTheSequenceAlone(Pooling pooling) {
        Model model = TinyModels.of(TinyModels.ENTAILMENT, pooling, 7);
        int[][] sequences = {{2, 9, 3}, {2, 10, 11, 12, 3, 13, 14, 3}, {2, 3}, {5}};
        int[][] types = {{0, 0, 0}, {0, 0, 0, 0, 0, 1, 1, 1}, {0, 0}, {1}};
        try (EncoderProgram program = new ReferenceProvider().load(model, 1)) {
            TokenBatch batch = new TokenBatch(
                    IntStream.of(0, 1, 2, 3).flatMap(i -> Arrays.stream(sequences[i])).toArray(),
                    IntStream.of(0, 1, 2, 3).flatMap(i -> Arrays.stream(types[i])).toArray(),
                    new int[] {0, 3, 11, 13, 14});
            float[] logits = program.logits(batch);
            float[] states = program.hiddenStates(batch);
            for (int i = 0; i < sequences.length; i++) {
                TokenBatch alone = new TokenBatch(sequences[i], types[i], new int[] {0, sequences[i].length});
                assertThat(Arrays.copyOfRange(logits, 3 * i, 3 * i + 3)).isEqualTo(program.logits(alone));
                assertThat(Arrays.copyOfRange(states, 16 * batch.offsets()[i], 16 * batch.offsets()[i + 1]))
                        .isEqualTo(program.hiddenStates(alone));
            }
        }
    }

    @Test
    void poolingTakesTheFirstTokenTheMeanOrThePooler() {
        Linear zero = linear(new float[2], 0, 0, 0, 0);
        // With zero updates and plain norms of tiny epsilon the states are those of the embeddings: (1, -1) and (-1, 1).
        EncoderLayer layer = new EncoderLayer(zero, zero, zero, zero, PLAIN, zero, zero, PLAIN);
        Embeddings embeddings = new Embeddings(matrix(2, 1, -1, -1, 1), matrix(3, 0, 0, 0, 0, 0, 0), matrix(1, 0, 0), PLAIN);
        Linear identity = linear(new float[2], 1, 0, 0, 1);
        Linear pooler = linear(new float[] {0.5f, 0}, 1, 0, 0, 2);
        TokenBatch batch = new TokenBatch(new int[] {0, 1, 0}, new int[3], new int[] {0, 3});
        for (Pooling pooling : Pooling.values()) {
            Head head = new Head(pooling, pooling == Pooling.POOLER ? Optional.of(pooler) : Optional.empty(), identity);
            try (EncoderProgram program = new ReferenceProvider().load(model(3, 1e-12f, embeddings, layer, head), 1)) {
                float[] expected = switch (pooling) {
                    case CLS -> new float[] {1, -1};
                    case MEAN -> new float[] {1 / 3f, -1 / 3f};
                    case POOLER -> new float[] {(float) Math.tanh(1.5), (float) Math.tanh(-2)};
                };
                assertThat(program.logits(batch)).containsExactly(expected, within(1e-6f));
            }
        }
    }

    @Test
    void batchesThatDoNotFitAreRefused() {
        Model model = TinyModels.of(TinyModels.SENTIMENT, Pooling.CLS, 7);
        try (EncoderProgram program = new ReferenceProvider().load(model, 1)) {
            assertRefused(program, new TokenBatch(new int[0], new int[0], new int[] {0, 0}), "Sequence 0 has 0 tokens");
            assertRefused(program, new TokenBatch(new int[33], new int[33], new int[] {0, 33}), "Sequence 0 has 33 tokens");
            assertRefused(program, new TokenBatch(new int[] {0, -1}, new int[2], new int[] {0, 2}), "Token 1 has the id -1");
            assertRefused(program, new TokenBatch(new int[] {9_999}, new int[1], new int[] {0, 1}), "Token 0 has the id 9999");
            assertRefused(program, new TokenBatch(new int[1], new int[] {2}, new int[] {0, 1}), "Token 0 has the type 2");
        }
    }

    private static void assertRefused(EncoderProgram program, TokenBatch batch, String reason) {
        assertThatThrownBy(() -> program.logits(batch)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(reason);
        assertThatThrownBy(() -> program.hiddenStates(batch)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(reason);
    }

    private static Model model(int positions, float epsilon, Embeddings embeddings, EncoderLayer layer, Head head) {
        return new Model(
                new EncoderShape(2, 1, 1, layer.ffnIn().bias().length, 2, positions, 1, epsilon),
                new TokenizerSpec(List.of("a", "b"), true, true, true, positions),
                embeddings,
                List.of(layer),
                head,
                new Task("hand", List.of("x", "y"), false, false),
                new Provenance("", "", "", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private static DenseMatrix matrix(int rows, float... weights) {
        return DenseMatrix.of(weights, rows, 2, DType.FP32);
    }

    private static Linear linear(float[] bias, float... weights) {
        return new Linear(matrix(2, weights), bias);
    }
}
