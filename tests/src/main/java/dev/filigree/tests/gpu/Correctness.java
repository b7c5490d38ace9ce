package dev.filigree.tests.gpu;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.Providers;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.tests.bench.RandomModel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A provider beside the reference, on whole models. */
final class Correctness {
    /** Sparsities that sparse tensor cores can run, and every type of values: each once. */
    private static final List<Kind> KINDS = List.of(
            new Kind(Sparsity.DENSE, DType.FP16),
            new Kind(Sparsity.parse("2:4@16"), DType.INT8),
            new Kind(Sparsity.parse("2:4@1"), DType.FP16),
            new Kind(Sparsity.parse("1:4@16"), DType.FP32));

    private Correctness() {}

    private record Kind(Sparsity sparsity, DType dtype) {}

    /**
     * What one batch showed.
     *
     * @param tokens of all its sequences
     * @param worst largest difference of a logit, as a share of the sequence's largest logit where that is more than 1
     * @param allowed by the provider
     * @param repeats whether a second call gave the same bits
     */
    record Finding(
            String model, String sparsity, String values, int sequences, int tokens, double worst, double allowed, boolean repeats) {
        boolean good() {
            return worst <= allowed && repeats;
        }
    }

    /**
     * Every kind of model of a size, each on one batch of sequences of very different lengths.
     *
     * @param values type of all models' values, in place of each kind's own
     */
    static List<Finding> check(ModelSize size, Optional<DType> values, String provider, long seed) {
        return KINDS.stream().map(kind -> check(size, new Kind(kind.sparsity, values.orElse(kind.dtype)), provider, seed)).toList();
    }

    private static Finding check(ModelSize size, Kind kind, String provider, long seed) {
        Model model = RandomModel.make(size.shape(), size.pooling(), kind.sparsity(), kind.dtype(), seed);
        TokenBatch batch = batch(model, seed, 16, 1, 37, 5);
        Providers.Loaded tested = Providers.load(model, provider, 1);
        try (EncoderProgram program = tested.program(); EncoderProgram reference = Providers.load(model, "reference", 1).program()) {
            float[] got = program.logits(batch);
            float[] again = program.logits(batch);
            double worst = worst(got, reference.logits(batch), batch.sequences());
            return new Finding(
                    size.toString(), kind.sparsity().toString(), kind.dtype().toString(), batch.sequences(), batch.tokens(), worst,
                    tested.provider().tolerance(), Arrays.equals(got, again));
        }
    }

    private static TokenBatch batch(Model model, long seed, int... lengths) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] offsets = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            offsets[i + 1] = offsets[i] + lengths[i];
        }
        int tokens = offsets[lengths.length];
        int[] ids = random.ints(tokens, 0, model.shape().vocabulary()).toArray();
        int[] types = random.ints(tokens, 0, model.shape().typeVocabulary()).toArray();
        return new TokenBatch(ids, types, offsets);
    }

    /** NaN where a logit is. */
    private static double worst(float[] got, float[] want, int sequences) {
        int labels = want.length / sequences;
        return IntStream.range(0, want.length).mapToDouble(i -> {
            int first = i / labels * labels;
            double largest = IntStream.range(first, first + labels).mapToDouble(j -> Math.abs(want[j])).max().orElseThrow();
            return Math.abs(got[i] - want[i]) / Math.max(1, largest);
        }).reduce(0, Math::max);
    }
}
