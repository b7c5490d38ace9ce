package dev.filigree.pruner.report;

import dev.filigree.format.DenseMatrix;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.SparseMatrix;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.Providers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A short look at latency: the packed model and the same model with its zeros stored, in turns, so that a busy machine slows both. The
 * answer tells the two apart; {@code filigree bench} measures.
 */
final class LatencyProbe {
    private static final int TEXTS = 16;
    private static final int BATCH = 8;
    private static final int WARM_UP = 2;
    private static final int MOST_ROUNDS = 9;
    private static final long BUDGET_NANOS = 4_000_000_000L;

    private LatencyProbe() {}

    /**
     * Times both on one thread.
     *
     * @param texts at least one; the first few are taken
     */
    static RunReport.Latency measure(Model packed, List<TextInput> texts) {
        List<TextInput> few = texts.subList(0, Math.min(TEXTS, texts.size()));
        List<List<TextInput>> single = few.stream().map(List::of).toList();
        List<List<TextInput>> batches = List.of(few.subList(0, Math.min(BATCH, few.size())));
        try (Classifier sparse = open(packed); Classifier dense = open(dense(packed))) {
            int rounds = rounds(sparse, dense, single, batches);
            return new RunReport.Latency(sparse.provider(), 1, rounds, List.of(
                    timed("one text", 1, sparse, dense, single, rounds),
                    timed("batch of texts", batches.getFirst().size(), sparse, dense, batches, rounds)));
        }
    }

    private static Classifier open(Model model) {
        return Classifier.builder().provider(Providers.CPU).threads(1).verify(false).open(model);
    }

    /** As many as the budget allows, after the JIT compiler has seen the code. */
    private static int rounds(Classifier sparse, Classifier dense, List<List<TextInput>> single, List<List<TextInput>> batches) {
        long start = System.nanoTime();
        for (int i = 0; i < WARM_UP; i++) {
            timed("", 1, sparse, dense, single, 1);
            timed("", 1, sparse, dense, batches, 1);
        }
        long round = Math.max(1, (System.nanoTime() - start) / WARM_UP);
        return Math.clamp(BUDGET_NANOS / round, 1, MOST_ROUNDS);
    }

    private static RunReport.LatencyCase timed(
            String name, int texts, Classifier sparse, Classifier dense, List<List<TextInput>> calls, int rounds) {
        List<Long> packedTimes = new ArrayList<>();
        List<Long> denseTimes = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (List<TextInput> call : calls) {
                packedTimes.add(time(sparse, call));
                denseTimes.add(time(dense, call));
            }
        }
        double packedMillis = median(packedTimes);
        double denseMillis = median(denseTimes);
        return new RunReport.LatencyCase(name, texts, packedMillis, denseMillis, denseMillis / packedMillis);
    }

    private static long time(Classifier classifier, List<TextInput> call) {
        long start = System.nanoTime();
        classifier.classify(call);
        return System.nanoTime() - start;
    }

    /** In milliseconds. */
    private static double median(List<Long> nanoseconds) {
        long[] sorted = nanoseconds.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return (sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0) / 1e6;
    }

    /** The same weights with the pruned ones stored as zeros, in the same types. */
    static Model dense(Model model) {
        List<EncoderLayer> layers = model.layers().stream()
                .map(layer -> new EncoderLayer(dense(layer.query()), dense(layer.key()), dense(layer.value()),
                        dense(layer.attentionOutput()), layer.attentionNorm(), dense(layer.ffnIn()), dense(layer.ffnOut()),
                        layer.outputNorm()))
                .toList();
        return new Model(model.shape(), model.tokenizer(), model.embeddings(), layers, model.head(), model.task(), model.provenance(),
                model.goldenExamples());
    }

    private static Linear dense(Linear linear) {
        return linear.weight() instanceof SparseMatrix sparse
                ? new Linear(DenseMatrix.of(sparse.toFloats(), sparse.rows(), sparse.columns(), sparse.dtype()), linear.bias())
                : linear;
    }
}
