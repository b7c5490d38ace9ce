package dev.filigree.pruner.train;

import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Examples side by side, padded to the longest of them.
 *
 * @param rows number of examples
 * @param width tokens of the longest
 * @param ids token ids, {@code [rows, width]}, 0 in padding
 * @param types token types, {@code [rows, width]}, 0 in padding
 * @param lengths tokens of each example, {@code [rows]}
 * @param targets label index or score, {@code [rows]}
 * @param indices place of each example in the list that was cut into batches, {@code [rows]}
 */
public record Batch(int rows, int width, long[] ids, long[] types, int[] lengths, float[] targets, int[] indices) {
    /** Batches whose lengths are sorted against each other when training: large enough for little padding, small enough to stay random. */
    private static final int BUCKET_BATCHES = 32;

    /** Pads the chosen examples. */
    public static Batch of(List<EncodedExample> examples, List<Integer> chosen) {
        int rows = chosen.size();
        int width = chosen.stream().mapToInt(i -> examples.get(i).length()).max().orElseThrow();
        long[] ids = new long[rows * width];
        long[] types = new long[rows * width];
        int[] lengths = new int[rows];
        float[] targets = new float[rows];
        for (int row = 0; row < rows; row++) {
            EncodedExample example = examples.get(chosen.get(row));
            TokenizedText text = example.text();
            lengths[row] = example.length();
            targets[row] = example.target();
            for (int i = 0; i < lengths[row]; i++) {
                ids[row * width + i] = text.ids()[i];
                types[row * width + i] = text.types()[i];
            }
        }
        return new Batch(rows, width, ids, types, lengths, targets, chosen.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Every example once, in batches of like lengths, shortest first: for passes whose order does not matter. */
    public static List<Batch> sorted(List<EncodedExample> examples, int batchSize) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, examples.size()).boxed().toList());
        order.sort(Comparator.comparingInt(i -> examples.get(i).length()));
        return cut(examples, order, batchSize);
    }

    /**
     * Every example once, in random batches of like lengths: the examples are shuffled, sorted by length within runs of
     * {@value #BUCKET_BATCHES} batches, cut, and the batches shuffled.
     */
    public static List<Batch> epoch(List<EncodedExample> examples, int batchSize, RandomGenerator random) {
        return epoch(examples, IntStream.range(0, examples.size()).boxed().toList(), batchSize, random);
    }

    /** As {@link #epoch(List, int, RandomGenerator)}, of the chosen examples alone. */
    static List<Batch> epoch(List<EncodedExample> examples, List<Integer> chosen, int batchSize, RandomGenerator random) {
        List<Integer> order = new ArrayList<>(chosen);
        Collections.shuffle(order, random);
        int run = batchSize * BUCKET_BATCHES;
        for (int from = 0; from < order.size(); from += run) {
            order.subList(from, Math.min(order.size(), from + run)).sort(Comparator.comparingInt(i -> examples.get(i).length()));
        }
        List<Batch> batches = cut(examples, order, batchSize);
        Collections.shuffle(batches, random);
        return batches;
    }

    /** Number of tokens without padding. */
    public int tokens() {
        return IntStream.of(lengths).sum();
    }

    private static List<Batch> cut(List<EncodedExample> examples, List<Integer> order, int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("A batch holds at least 1 example, not " + batchSize + ".");
        }
        List<Batch> batches = new ArrayList<>();
        for (int from = 0; from < order.size(); from += batchSize) {
            batches.add(of(examples, order.subList(from, Math.min(order.size(), from + batchSize))));
        }
        return batches;
    }
}
