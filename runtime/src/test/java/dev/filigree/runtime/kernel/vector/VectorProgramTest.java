package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole models. */
class VectorProgramTest {
    private static final EncoderShape SHAPE = new EncoderShape(48, 3, 4, 112, 60, 90, 2, 1e-12f);
    private static final List<Sparsity> MIX =
            List.of(Sparsity.parse("2:4@16"), Sparsity.DENSE, Sparsity.parse("1:4@1"));
    private static final int[] LENGTHS = {1, 16, 3, 33, 90, 2, 15, 17, 64, 5};

    private static Model model(DType dtype, Pooling pooling) {
        return Models.model(SHAPE, pooling, 3, dtype, MIX, 11);
    }

    @ParameterizedTest
    @CsvSource({"FP32, MEAN", "FP32, CLS", "FP32, POOLER", "FP16, MEAN", "INT8, POOLER"})
    void equalsTheReference(DType dtype, Pooling pooling) {
        assertEqualsTheReference(model(dtype, pooling), Models.batch(SHAPE, 5, LENGTHS));
    }

    @Test
    void fourBitValuesEqualTheReference() {
        Model model = Models.model(SHAPE, Pooling.POOLER, 3, DType.INT4, List.of(Sparsity.DENSE), 13);
        assertEqualsTheReference(model, Models.batch(SHAPE, 5, LENGTHS));
    }

    private static void assertEqualsTheReference(Model model, TokenBatch batch) {
        try (EncoderProgram reference = new ReferenceProvider().load(model, 1);
                EncoderProgram program = new VectorProvider().load(model, 1)) {
            assertThat(program.hiddenStates(batch)).as("hidden states").containsExactly(reference.hiddenStates(batch), within(2e-5f));
            assertThat(program.logits(batch)).as("logits").containsExactly(reference.logits(batch), within(2e-5f));
        }
    }

    @Test
    void vectorsOfAnotherWidthGiveTheSameBits() throws Exception {
        String output = Jvm.run(Fingerprint.class, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=16");
        assertThat(output).contains("4 lanes: " + Fingerprint.of());
    }

    /** Prints a digest of a model's hidden states. */
    static final class Fingerprint {
        private Fingerprint() {}

        static int of() {
            try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, Pooling.MEAN), 1)) {
                return Arrays.hashCode(program.hiddenStates(Models.batch(SHAPE, 5, LENGTHS)));
            }
        }

        public static void main(String[] args) {
            System.out.println(Lanes.COUNT + " lanes: " + of());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void threadsDoNotChangeABit(int threads) {
        Model model = model(DType.FP32, Pooling.MEAN);
        TokenBatch batch = Models.batch(SHAPE, 6, LENGTHS);
        try (EncoderProgram one = new VectorProvider().load(model, 1);
                EncoderProgram many = new VectorProvider().load(model, threads)) {
            assertThat(many.hiddenStates(batch)).isEqualTo(one.hiddenStates(batch));
            assertThat(many.logits(batch)).isEqualTo(one.logits(batch));
        }
    }

    @ParameterizedTest
    @EnumSource(Pooling.class)
    void aSequenceDoesNotFeelItsNeighbours(Pooling pooling) {
        try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, pooling), 1)) {
            int[] lengths = new int[60];
            Arrays.setAll(lengths, i -> LENGTHS[i % LENGTHS.length]);
            TokenBatch batch = Models.batch(SHAPE, 8, lengths);
            float[] together = program.logits(batch);
            float[] states = program.hiddenStates(batch);
            for (int s = 0; s < batch.sequences(); s++) {
                int from = batch.offsets()[s];
                int to = batch.offsets()[s + 1];
                TokenBatch alone = new TokenBatch(
                        Arrays.copyOfRange(batch.ids(), from, to), Arrays.copyOfRange(batch.types(), from, to), new int[] {0, to - from});
                assertThat(program.logits(alone)).isEqualTo(Arrays.copyOfRange(together, s * 3, s * 3 + 3));
                assertThat(program.hiddenStates(alone))
                        .isEqualTo(Arrays.copyOfRange(states, from * SHAPE.hidden(), to * SHAPE.hidden()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void servesManyCallersAtOnce(int threads) throws Exception {
        Model model = model(DType.FP32, Pooling.CLS);
        List<TokenBatch> batches = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            batches.add(Models.batch(SHAPE, i, LENGTHS[i % LENGTHS.length], 1 + i));
        }
        try (EncoderProgram program = new VectorProvider().load(model, threads);
                var callers = Executors.newFixedThreadPool(4)) {
            List<float[]> expected = batches.stream().map(program::logits).toList();
            List<Callable<float[]>> calls = batches.stream().<Callable<float[]>>map(batch -> () -> program.logits(batch)).toList();
            List<Future<float[]>> results = callers.invokeAll(calls);
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo(expected.get(i));
            }
        }
    }

    @Test
    void takesHeadsOfAnyWidth() {
        EncoderShape odd = new EncoderShape(21, 2, 3, 30, 20, 40, 1, 1e-5f);
        Model model = Models.model(odd, Pooling.MEAN, 1, DType.FP32, List.of(Sparsity.parse("2:4@4")), 1);
        assertEqualsTheReference(model, Models.batch(odd, 2, 3, 40, 13));
    }

    @Test
    void anEmptyBatchHasNoLogits() {
        try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, Pooling.MEAN), 2)) {
            assertThat(program.logits(new TokenBatch(new int[0], new int[0], new int[] {0}))).isEmpty();
        }
    }

    @Test
    void refusesWhatTheModelDoesNotKnow() {
        try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, Pooling.MEAN), 1)) {
            assertThatThrownBy(() -> program.logits(new TokenBatch(new int[] {60}, new int[] {0}, new int[] {0, 1})))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("id 60");
            assertThatThrownBy(() -> program.logits(new TokenBatch(new int[] {1}, new int[] {2}, new int[] {0, 1})))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("type 2");
            assertThatThrownBy(() -> program.logits(new TokenBatch(new int[91], new int[91], new int[] {0, 91})))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("91 tokens");
            assertThatThrownBy(() -> program.logits(new TokenBatch(new int[1], new int[1], new int[] {0, 1, 1})))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Sequence 1 has 0 tokens");
        }
    }
}
