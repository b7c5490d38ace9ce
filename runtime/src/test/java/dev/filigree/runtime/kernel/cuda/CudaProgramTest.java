package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.reference.ReferenceProvider;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole models on the emulated GPU, beside the reference. */
class CudaProgramTest {
    private static final EncoderShape SHAPE = new EncoderShape(64, 2, 2, 128, 50, 160, 2, 1e-12f);
    private static final List<Sparsity> SPARSE = List.of(Sparsity.parse("2:4@16"));

    private StandIn gpu;

    @BeforeEach
    void reset() {
        gpu = StandIn.fresh();
    }

    @AfterEach
    void nothingIsLeft() {
        gpu.assertNothingLeaked();
    }

    @ParameterizedTest
    @CsvSource({
        "dense,   FP32, MEAN,   90", "2:4@1, FP16, POOLER, 90", "2:4@16, INT8, CLS,  90", "1:4@4,  FP32, MEAN, 90", "4:8@1, FP32, CLS, 90",
        "dense,   INT8, POOLER, 80", "2:4@1, FP32, CLS,    80", "2:4@16, FP16, MEAN, 80", "1:4@16, INT8, CLS,  80",
        "2:4@16,  FP32, MEAN,  120",
    })
    void equalsTheReference(String sparsity, DType dtype, Pooling pooling, int architecture) {
        gpu.set("architecture", architecture);
        Model model = Models.model(SHAPE, pooling, 3, dtype, List.of(Sparsity.parse(sparsity)), 11);
        TokenBatch batch = Models.batch(SHAPE, 4, 1, 17, 5);
        assertEqualsTheReference(model, batch, Models.batch(SHAPE, 3, 7), Models.batch(SHAPE, 5, 1));
        try (EncoderProgram ours = gpu.provider().load(model, 1); EncoderProgram reference = new ReferenceProvider().load(model, 1)) {
            assertClose(ours.hiddenStates(batch), reference.hiddenStates(batch));
        }
    }

    /** Layers that are stored in int8 run in it, the others beside them in fp16. */
    @ParameterizedTest
    @CsvSource({
        "dense, MEAN, INT8, 90", "2:4@16, POOLER, INT8, 90", "1:4@4, CLS, INT8, 90", "dense, CLS, INT8, 80", "2:4@16, MEAN, INT8, 80",
        "2:4@1, MEAN, FP16, 90", "2:4@1, MEAN, FP32, 80",
    })
    void int8IsCloseToTheReference(String sparsity, Pooling pooling, DType ffn, int architecture) {
        gpu.set("architecture", architecture);
        EncoderShape shape = new EncoderShape(192, 1, 3, 320, 50, 160, 2, 1e-12f);
        Model model = Models.model(shape, pooling, 3, DType.INT8, List.of(Sparsity.parse(sparsity)), 11);
        SplittableRandom random = new SplittableRandom(6);
        List<EncoderLayer> layers = model.layers().stream().map(layer -> new EncoderLayer(
                layer.query(), layer.key(), layer.value(), layer.attentionOutput(), layer.attentionNorm(),
                Models.linear(320, 192, Sparsity.parse(sparsity), ffn, random), layer.ffnOut(), layer.outputNorm())).toList();
        Model mixed = new Model(model.shape(), model.tokenizer(), model.embeddings(), layers, model.head(), model.task(),
                model.provenance(), model.goldenExamples());
        KernelProvider provider = gpu.provider().named("cuda-int8").orElseThrow();
        TokenBatch batch = Models.batch(shape, 4, 1, 17, 5);
        try (EncoderProgram ours = provider.load(mixed, 1); EncoderProgram half = gpu.provider().load(mixed, 1);
                EncoderProgram reference = new ReferenceProvider().load(mixed, 1)) {
            float[] expected = reference.hiddenStates(batch);
            assertThat(difference(ours.hiddenStates(batch), expected)).isBetween(1e-3, 3e-2);
            assertThat(difference(half.hiddenStates(batch), expected)).as("fp16").isLessThan(1e-3);
            assertThat(difference(ours.logits(batch), reference.logits(batch))).isLessThan(5e-2);
            assertThat(ours.logits(batch)).isEqualTo(ours.logits(batch));
        }
    }

    /** Frobenius norm of the difference as a share of that of what is expected. */
    private static double difference(float[] actual, float[] expected) {
        double squares = 0;
        double all = 0;
        for (int i = 0; i < expected.length; i++) {
            squares += Math.pow(actual[i] - expected[i], 2);
            all += Math.pow(expected[i], 2);
        }
        return Math.sqrt(squares / all);
    }

    @ParameterizedTest
    @CsvSource({"64, 90", "32, 90", "64, 80"})
    void takesItsLongestSequencesAndManyAtOnce(int head, int architecture) {
        gpu.set("architecture", architecture);
        EncoderShape shape = new EncoderShape(128, 1, 128 / head, 192, 50, 160, 2, 1e-12f);
        Model model = Models.model(shape, Pooling.MEAN, 2, DType.FP32, SPARSE, 12);
        assertEqualsTheReference(model, Models.batch(shape, 6, 160), Models.batch(shape, 7, 130, 3, 65, 1, 16));
    }

    @Test
    void joinsQueriesKeysAndValuesOfDifferentSparsities() {
        SplittableRandom random = new SplittableRandom(5);
        Model model = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, SPARSE, 13);
        List<EncoderLayer> layers = model.layers().stream().map(layer -> new EncoderLayer(
                Models.linear(64, 64, Sparsity.parse("1:4@8"), DType.INT8, random),
                Models.linear(64, 64, Sparsity.parse("2:4@1"), DType.FP16, random),
                Models.linear(64, 64, layer == model.layers().getFirst() ? Sparsity.DENSE : Sparsity.parse("1:8@2"), DType.FP32, random),
                layer.attentionOutput(), layer.attentionNorm(), layer.ffnIn(), layer.ffnOut(), layer.outputNorm())).toList();
        Model mixed = new Model(model.shape(), model.tokenizer(), model.embeddings(), layers, model.head(), model.task(),
                model.provenance(), model.goldenExamples());
        assertEqualsTheReference(mixed, Models.batch(SHAPE, 8, 9, 30));
    }

    @Test
    void cutsLargeBatchesAndGrowsForThem() {
        Model model = Models.model(SHAPE, Pooling.POOLER, 2, DType.FP32, SPARSE, 14);
        Limits tight = new Limits(1, 48, 16, 2, 3);
        TokenBatch large = Models.batch(SHAPE, 9, 45, 25, 23, 1, 1, 1, 1, 44, 80, 10);
        try (EncoderProgram ours = gpu.provider(tight).load(model, 1); EncoderProgram reference = new ReferenceProvider().load(model, 1)) {
            assertClose(ours.logits(Models.batch(SHAPE, 1, 4)), reference.logits(Models.batch(SHAPE, 1, 4)));
            assertClose(ours.logits(large), reference.logits(large));
            assertClose(ours.hiddenStates(large), reference.hiddenStates(large));
        }
    }

    @Test
    void keepsTheGraphsOfWhatCameLast() {
        Model model = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, SPARSE, 15);
        try (EncoderProgram ours = gpu.provider(new Limits(1, 256, 256, 8, 3)).load(model, 1)) {
            for (int round = 0; round < 2; round++) {
                for (int tokens : new int[] {16, 32, 48}) {
                    ours.logits(Models.batch(SHAPE, tokens, tokens));
                }
            }
            assertThat(gpu.counter("instantiations")).isEqualTo(3);
            ours.logits(Models.batch(SHAPE, 1, 12));
            ours.logits(Models.batch(SHAPE, 1, 64));
            assertThat(gpu.counter("executables")).isEqualTo(3);
            ours.logits(Models.batch(SHAPE, 1, 14));
            assertThat(gpu.counter("instantiations")).isEqualTo(4);
            ours.logits(Models.batch(SHAPE, 1, 32));
            assertThat(gpu.counter("instantiations")).isEqualTo(5);
        }
    }

    @Test
    void aSequenceDoesNotFeelItsNeighbours() {
        Model model = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, SPARSE, 16);
        TokenBatch batch = Models.batch(SHAPE, 10, 5, 40, 1, 16, 3);
        try (EncoderProgram ours = gpu.provider().load(model, 1)) {
            float[] together = ours.logits(batch);
            for (int s = 0; s < batch.sequences(); s++) {
                int from = batch.offsets()[s];
                int to = batch.offsets()[s + 1];
                TokenBatch alone = new TokenBatch(
                        Arrays.copyOfRange(batch.ids(), from, to), Arrays.copyOfRange(batch.types(), from, to), new int[] {0, to - from});
                assertClose(ours.logits(alone), Arrays.copyOfRange(together, 2 * s, 2 * s + 2));
            }
        }
    }

    @Test
    void servesManyCallersUntilItIsClosedUnderThem() throws Exception {
        Model model = Models.model(SHAPE, Pooling.CLS, 3, DType.FP32, SPARSE, 17);
        List<TokenBatch> batches = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            batches.add(Models.batch(SHAPE, i, 1 + 3 * i, 2));
        }
        EncoderProgram program = gpu.provider(new Limits(2, 256, 64, 4, 8)).load(model, 1);
        List<float[]> expected = batches.stream().map(program::logits).toList();
        CountDownLatch warm = new CountDownLatch(16);
        try (var callers = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> calls = new ArrayList<>();
            for (int caller = 0; caller < 4; caller++) {
                calls.add(callers.submit(hammer(program, batches, expected, caller, warm)));
            }
            warm.await();
            program.close();
            program.close();
            for (Future<Integer> call : calls) {
                assertThat(call.get()).isPositive();
            }
        }
        assertThatThrownBy(() -> program.logits(batches.getFirst()))
                .isInstanceOf(IllegalStateException.class).hasMessage("This program is closed.");
    }

    /** Calls until the program is closed; the number of calls that were answered. */
    private static Callable<Integer> hammer(
            EncoderProgram program, List<TokenBatch> batches, List<float[]> expected, int caller, CountDownLatch warm) {
        return () -> {
            for (int i = 0; ; i++) {
                int which = (i + 3 * caller) % batches.size();
                try {
                    assertThat(program.logits(batches.get(which))).isEqualTo(expected.get(which));
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("This program is closed.");
                    return i;
                }
                warm.countDown();
            }
        };
    }

    @Test
    void computesWhileTheCallerDoesSomethingElse() throws Exception {
        Model model = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, SPARSE, 19);
        TokenBatch batch = Models.batch(SHAPE, 3, 9, 20, 1);
        TokenBatch several = Models.batch(SHAPE, 4, 100, 100, 100);
        EncoderProgram ours = gpu.provider(new Limits(1, 256, 64, 4, 8)).load(model, 1);
        float[] expected = ours.logits(batch);
        try (EncoderProgram.Pending pending = ours.begin(batch)) {
            assertThat(pending.outputs()).isEqualTo(expected);
            assertThatThrownBy(pending::outputs).isInstanceOf(IllegalStateException.class);
        }
        try (EncoderProgram.Pending pending = ours.begin(several)) {
            assertThat(pending.outputs()).as("in more than one pass").isEqualTo(ours.logits(several));
        }
        ours.begin(batch).close();
        CountDownLatch closing = new CountDownLatch(1);
        EncoderProgram.Pending unasked = ours.begin(batch);
        try (var executor = Executors.newSingleThreadExecutor()) {
            Future<?> closed = executor.submit(() -> {
                closing.countDown();
                ours.close();
            });
            closing.await();
            assertThat(closed.isDone()).as("closed before the only workspace came back").isFalse();
            assertThat(unasked.outputs()).isEqualTo(expected);
            closed.get();
        }
        assertThatThrownBy(() -> ours.begin(batch)).isInstanceOf(IllegalStateException.class).hasMessage("This program is closed.");
    }

    @Test
    void anEmptyBatchHasNoLogits() {
        Model model = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, SPARSE, 18);
        try (EncoderProgram ours = gpu.provider().load(model, 1)) {
            assertThat(ours.logits(new TokenBatch(new int[0], new int[0], new int[] {0}))).isEmpty();
            assertThatThrownBy(() -> ours.logits(new TokenBatch(new int[] {50}, new int[1], new int[] {0, 1})))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("id 50");
        }
    }

    private void assertEqualsTheReference(Model model, TokenBatch... batches) {
        try (EncoderProgram ours = gpu.provider().load(model, 1); EncoderProgram reference = new ReferenceProvider().load(model, 1)) {
            Stream.of(batches).forEach(batch -> {
                assertClose(ours.logits(batch), reference.logits(batch));
            });
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double scale = 0;
        double difference = 0;
        for (int i = 0; i < actual.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
            assertThat(actual[i]).isFinite();
        }
        assertThat(difference / scale).isLessThanOrEqualTo(5e-3);
    }
}
