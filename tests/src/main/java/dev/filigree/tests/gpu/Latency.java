package dev.filigree.tests.gpu;

import dev.filigree.format.Model;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import dev.filigree.tests.bench.RandomModel;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Times of single calls, one after the other, each with other texts than the one before. */
final class Latency {
    /** Batches that take turns. */
    private static final int VARIANTS = 8;

    private static final int LEAST_SAMPLES = 11;
    private static final int MOST_SAMPLES = 2001;

    private Latency() {}

    /** Texts in a call, and tokens in each. */
    record Load(int batch, int tokens) {}

    /**
     * Microseconds a call.
     *
     * @param median half of the calls took less
     * @param p99 99 of 100 calls took less
     */
    record Times(double median, double p99, int samples) {}

    /**
     * One line of the table.
     *
     * @param textToLabels tokenizer, copies, encoder and softmax: what a user waits for
     * @param idsToLogits without the tokenizer and the answer's objects
     */
    record Figures(String model, String sparsity, int batch, int tokens, Times textToLabels, Times idsToLogits) {}

    /**
     * Times a classifier.
     *
     * @param nanos for each of the two measurements, after as long a warm-up
     */
    static Figures time(String name, String sparsity, Classifier classifier, Load load, long nanos, long seed) {
        Model model = classifier.model();
        SplittableRandom random = new SplittableRandom(seed);
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(model.tokenizer());
        List<List<TextInput>> texts =
                Stream.generate(() -> RandomModel.texts(model, load.batch(), load.tokens(), random)).limit(VARIANTS).toList();
        List<TokenBatch> ids = texts.stream()
                .map(batch -> TokenBatch.of(batch.stream().map(text -> tokenizer.encode(text.first())).toList()))
                .toList();
        if (ids.getFirst().tokens() != load.batch() * load.tokens()) {
            throw new IllegalStateException(
                    "The texts have " + ids.getFirst().tokens() + " tokens, not " + load.batch() * load.tokens() + ".");
        }
        return new Figures(
                name, sparsity, load.batch(), load.tokens(),
                times(texts, classifier::classify, nanos), times(ids, classifier.program()::logits, nanos));
    }

    private static <T> Times times(List<T> inputs, Consumer<T> call, long nanos) {
        long warmUntil = System.nanoTime() + nanos;
        for (int i = 0; i < LEAST_SAMPLES || System.nanoTime() < warmUntil; i++) {
            call.accept(inputs.get(i % inputs.size()));
        }
        double[] micros = new double[MOST_SAMPLES];
        int samples = 0;
        long until = System.nanoTime() + nanos;
        while (samples < LEAST_SAMPLES || (samples < MOST_SAMPLES && System.nanoTime() < until)) {
            T input = inputs.get(samples % inputs.size());
            long start = System.nanoTime();
            call.accept(input);
            micros[samples++] = (System.nanoTime() - start) / 1e3;
        }
        Arrays.sort(micros, 0, samples);
        return new Times(micros[samples / 2], micros[(int) Math.min(samples - 1, Math.floor(samples * 0.99))], samples);
    }
}
