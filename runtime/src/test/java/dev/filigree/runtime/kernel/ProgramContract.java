package dev.filigree.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.kernel.vector.Models;
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

/** What every provider on the CPU owes: whole models against the reference, and answers that depend on nothing but their own text. */
public abstract class ProgramContract {
    protected static final EncoderShape SHAPE = new EncoderShape(48, 3, 4, 112, 60, 90, 2, 1e-12f);
    private static final List<Sparsity> MIX =
            List.of(Sparsity.parse("2:4@16"), Sparsity.DENSE, Sparsity.parse("1:4@1"));
    protected static final int[] LENGTHS = {1, 16, 3, 33, 90, 2, 15, 17, 64, 5};

    /** Lays a model out with the provider that is tested. */
    protected abstract EncoderProgram load(Model model, int threads);

    /** How far a hidden state or logit may be from the reference's. */
    protected abstract float tolerance(DType dtype);

    protected static Model model(DType dtype, Pooling pooling) {
        return Models.model(SHAPE, pooling, 3, dtype, MIX, 11);
    }

    @ParameterizedTest
    @CsvSource({"FP32, MEAN", "FP32, CLS", "FP32, POOLER", "FP16, MEAN", "INT8, POOLER", "INT8, MEAN"})
    void equalsTheReference(DType dtype, Pooling pooling) {
        assertEqualsTheReference(model(dtype, pooling), Models.batch(SHAPE, 5, LENGTHS));
    }

    @Test
    void fourBitValuesEqualTheReference() {
        Model model = Models.model(SHAPE, Pooling.POOLER, 3, DType.INT4, List.of(Sparsity.DENSE), 13);
        assertEqualsTheReference(model, Models.batch(SHAPE, 5, LENGTHS));
    }

    private void assertEqualsTheReference(Model model, TokenBatch batch) {
        float tolerance = tolerance(model.layers().getFirst().query().weight().dtype());
        try (EncoderProgram reference = new ReferenceProvider().load(model, 1);
                EncoderProgram program = load(model, 1)) {
            assertThat(program.hiddenStates(batch)).as("hidden states").containsExactly(reference.hiddenStates(batch), within(tolerance));
            assertThat(program.logits(batch)).as("logits").containsExactly(reference.logits(batch), within(tolerance));
            for (boolean firstOnly : new boolean[] {false, true}) {
                assertThat(program.pooled(batch, firstOnly)).as("pooled")
                        .containsExactly(reference.pooled(batch, firstOnly), within(tolerance));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, FP32, MEAN", "3, FP32, MEAN", "2, INT8, MEAN", "2, FP32, CLS", "3, INT8, POOLER"})
    void threadsDoNotChangeABit(int threads, DType dtype, Pooling pooling) {
        Model model = model(dtype, pooling);
        TokenBatch batch = Models.batch(SHAPE, 6, LENGTHS);
        try (EncoderProgram one = load(model, 1);
                EncoderProgram many = load(model, threads)) {
            assertThat(many.hiddenStates(batch)).isEqualTo(one.hiddenStates(batch));
            assertThat(many.logits(batch)).isEqualTo(one.logits(batch));
        }
    }

    @ParameterizedTest
    @CsvSource({"FP32, MEAN", "FP32, CLS", "FP32, POOLER", "INT8, MEAN"})
    void aSequenceDoesNotFeelItsNeighbours(DType dtype, Pooling pooling) {
        try (EncoderProgram program = load(model(dtype, pooling), 1)) {
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

    /** Texts in the same panels as one whose hidden states are no numbers. */
    @ParameterizedTest
    @EnumSource(names = {"FP32", "INT8"})
    void aTextThatOverflowsLeavesItsNeighboursAlone(DType dtype) {
        Model model = withWordThatOverflows(model(dtype, Pooling.MEAN));
        try (EncoderProgram program = load(model, 1)) {
            TokenBatch batch = Models.batch(SHAPE, 8, 3, 4, 70, 2, 17);
            int[] offsets = batch.offsets();
            int[] ids = Arrays.stream(batch.ids()).map(id -> id == 0 ? 1 : id).toArray();
            TokenBatch clean = new TokenBatch(ids.clone(), batch.types(), offsets);
            ids[offsets[1] + 2] = 0;
            ids[offsets[3]] = 0;
            float[] expected = program.hiddenStates(clean);
            TokenBatch mixed = new TokenBatch(ids, batch.types(), offsets);
            float[] actual = program.hiddenStates(mixed);
            float[] firsts = program.pooled(mixed, true);
            for (int s = 0; s < batch.sequences(); s++) {
                assertThat(Arrays.copyOfRange(firsts, s * SHAPE.hidden(), (s + 1) * SHAPE.hidden())).as("first token of text %d", s)
                        .isEqualTo(Arrays.copyOfRange(actual, offsets[s] * SHAPE.hidden(), (offsets[s] + 1) * SHAPE.hidden()));
                float[] own = Arrays.copyOfRange(actual, offsets[s] * SHAPE.hidden(), offsets[s + 1] * SHAPE.hidden());
                if (s == 1 || s == 3) {
                    assertThat(own).as("text %d", s).contains(Float.NaN);
                } else {
                    assertThat(own).as("text %d", s)
                            .isEqualTo(Arrays.copyOfRange(expected, offsets[s] * SHAPE.hidden(), offsets[s + 1] * SHAPE.hidden()));
                }
            }
        }
    }

    /** With fp32 words, of which the first one's LayerNorm is beyond fp32. */
    private static Model withWordThatOverflows(Model model) {
        float[] words = model.embeddings().word().toFloats();
        Arrays.fill(words, 0, SHAPE.hidden(), 3e38f);
        Embeddings old = model.embeddings();
        Embeddings embeddings = new Embeddings(
                DenseMatrix.of(words, SHAPE.vocabulary(), SHAPE.hidden(), DType.FP32), old.position(), old.tokenType(), old.norm());
        return new Model(model.shape(), model.tokenizer(), embeddings, model.layers(), model.head(), model.task(), model.provenance(),
                model.goldenExamples());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void servesManyCallersAtOnce(int threads) throws Exception {
        Model model = model(DType.FP32, Pooling.CLS);
        List<TokenBatch> batches = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            batches.add(Models.batch(SHAPE, i, LENGTHS[i % LENGTHS.length], 1 + i));
        }
        try (EncoderProgram program = load(model, threads);
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
        try (EncoderProgram program = load(model(DType.FP32, Pooling.MEAN), 2)) {
            assertThat(program.logits(new TokenBatch(new int[0], new int[0], new int[] {0}))).isEmpty();
        }
    }

    @Test
    void refusesWhatTheModelDoesNotKnow() {
        try (EncoderProgram program = load(model(DType.FP32, Pooling.MEAN), 1)) {
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
