package dev.filigree.tests.bench;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.runtime.TextInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Models with random weights, which take a machine as long as trained ones, and texts for them. Their vocabulary is made of syllables, and
 * each of its words is one token.
 */
public final class RandomModel {
    private static final int LABELS = 2;
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");
    private static final String CONSONANTS = "bcdfghjklmnpqrstvwxz";
    private static final String VOWELS = "aeiou";

    private final SplittableRandom random;
    private final Sparsity sparsity;
    private final DType dtype;

    private RandomModel(Sparsity sparsity, DType dtype, long seed) {
        this.random = new SplittableRandom(seed);
        this.sparsity = sparsity;
        this.dtype = dtype;
    }

    /**
     * A model whose layers' linears all have one sparsity.
     *
     * @param dtype of the linears; embeddings are fp16
     */
    public static Model make(EncoderShape shape, Pooling pooling, Sparsity sparsity, DType dtype, long seed) {
        return new RandomModel(sparsity, dtype, seed).model(shape, pooling);
    }

    /** Texts that have {@code tokens} tokens each, with the classifier's own first and last one. */
    public static List<TextInput> texts(Model model, int count, int tokens, SplittableRandom random) {
        List<String> words = model.tokenizer().vocabulary();
        return IntStream.range(0, count)
                .mapToObj(i -> random.ints(tokens - 2L, SPECIAL.size(), words.size()).mapToObj(words::get).collect(Collectors.joining(" ")))
                .map(TextInput::of)
                .toList();
    }

    private Model model(EncoderShape shape, Pooling pooling) {
        int hidden = shape.hidden();
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(new EncoderLayer(
                    linear(hidden, hidden), linear(hidden, hidden), linear(hidden, hidden), linear(hidden, hidden), norm(hidden),
                    linear(shape.intermediate(), hidden), linear(hidden, shape.intermediate()), norm(hidden)));
        }
        Embeddings embeddings = new Embeddings(
                dense(shape.vocabulary(), hidden), dense(shape.maxPositions(), hidden), dense(shape.typeVocabulary(), hidden),
                norm(hidden));
        Optional<Linear> dense = pooling == Pooling.POOLER
                ? Optional.of(new Linear(dense(hidden, hidden), values(hidden, 0.1f))) : Optional.empty();
        return new Model(
                shape,
                new TokenizerSpec(vocabulary(shape.vocabulary()), true, true, true, shape.maxPositions()),
                embeddings,
                layers,
                new Head(pooling, dense, new Linear(dense(LABELS, hidden), values(LABELS, 0.1f))),
                new Task("random", List.of("no", "yes"), false, false),
                new Provenance("random", "random weights", "none", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private static List<String> vocabulary(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> i < SPECIAL.size() ? SPECIAL.get(i) : syllable(i / 10000) + syllable(i / 100 % 100) + syllable(i % 100))
                .toList();
    }

    /** One of a hundred. */
    private static String syllable(int i) {
        return "" + CONSONANTS.charAt(i / VOWELS.length()) + VOWELS.charAt(i % VOWELS.length());
    }

    private Linear linear(int rows, int columns) {
        return new Linear(sparsity.isDense() ? dense(rows, columns, dtype) : sparse(rows, columns), values(rows, 0.1f));
    }

    private Matrix dense(int rows, int columns) {
        return dense(rows, columns, DType.FP16);
    }

    private Matrix dense(int rows, int columns, DType stored) {
        return DenseMatrix.of(values(rows * columns, (float) Math.sqrt(3.0 / columns)), rows, columns, stored);
    }

    /** Each block keeps N inputs of its own choice; rows that share a choice need not be neighbours. */
    private Matrix sparse(int rows, int columns) {
        float[] weights = values(rows * columns, (float) Math.sqrt(3.0 * sparsity.m() / sparsity.n() / columns));
        int[] order = sparsity.v() == 1 ? new int[0] : permutation(rows);
        for (int block = 0; block < rows; block += sparsity.v()) {
            for (int group = 0; group < columns; group += sparsity.m()) {
                int[] dropped = Arrays.copyOfRange(permutation(sparsity.m()), sparsity.n(), sparsity.m());
                for (int row = block; row < Math.min(rows, block + sparsity.v()); row++) {
                    int output = order.length == 0 ? row : order[row];
                    for (int input : dropped) {
                        weights[output * columns + group + input] = 0;
                    }
                }
            }
        }
        return SparseMatrix.of(weights, rows, columns, sparsity, dtype, order);
    }

    private int[] permutation(int size) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    private LayerNorm norm(int hidden) {
        float[] gamma = values(hidden, 0.2f);
        for (int i = 0; i < hidden; i++) {
            gamma[i] += 1;
        }
        return new LayerNorm(gamma, values(hidden, 0.1f));
    }

    /** Values in {@code [-scale, scale)}. */
    private float[] values(int count, float scale) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = scale * (2 * (random.nextInt() >>> 8) * 0x1p-24f - 1);
        }
        return values;
    }
}
