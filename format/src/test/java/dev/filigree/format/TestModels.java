package dev.filigree.format;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Small models with random weights: every kind of matrix the format knows is in the full one. */
final class TestModels {
    static final List<String> VOCABULARY = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "é", "字", "😀", "##", "!");

    private TestModels() {}

    /** Two layers of odd sizes with many sparsities, dtypes and row orders, a pooler and a pair task. */
    static Model full() {
        Random random = new Random(7);
        EncoderShape shape = new EncoderShape(12, 2, 3, 21, 13, 9, 2, 1e-12f);
        List<EncoderLayer> layers = List.of(
                new EncoderLayer(
                        sparse(random, 12, 12, "2:4@16", DType.INT8, false),
                        sparse(random, 12, 12, "2:4@1", DType.FP32, false),
                        sparse(random, 12, 12, "1:5@4", DType.FP16, true),
                        dense(random, 12, 12, DType.INT8),
                        norm(random, 12),
                        sparse(random, 21, 12, "4:8@16", DType.INT8, true),
                        sparse(random, 12, 21, "2:4@5", DType.INT8, false),
                        norm(random, 12)),
                new EncoderLayer(
                        sparse(random, 12, 12, "16:32@3", DType.INT8, true),
                        dense(random, 12, 12, DType.FP16),
                        dense(random, 12, 12, DType.FP32),
                        sparse(random, 12, 12, "1:2@64", DType.FP32, false),
                        norm(random, 12),
                        sparse(random, 21, 12, "3:7@2", DType.FP16, false),
                        sparse(random, 12, 21, "31:32@1", DType.INT8, false),
                        norm(random, 12)));
        Head head = new Head(Pooling.POOLER, Optional.of(dense(random, 12, 12, DType.FP32)), dense(random, 3, 12, DType.FP32));
        Task task = new Task("mnli", List.of("entailment", "neutral", "contradiction"), false, true);
        List<GoldenExample> examples = List.of(
                new GoldenExample("a b", Optional.of("é 字 😀"), new float[] {0.25f, -1.5f, Float.MIN_VALUE}),
                new GoldenExample("", Optional.of(""), new float[] {0f, -0f, 3e38f}));
        return new Model(
                shape, tokenizer(9), embeddings(random, shape, DType.INT4), layers, head, task, provenance(), examples);
    }

    /** One layer 2:4@4 but for its last linear, mean-pooled: a file of a few KB. */
    static Model small() {
        return small(new Random(11), new Sparsity(2, 4, 4));
    }

    static Model small(Random random, Sparsity sparsity) {
        EncoderShape shape = new EncoderShape(8, 1, 2, 7, 11, 4, 2, 1e-5f);
        List<Linear> linears = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            linears.add(sparse(random, i == 4 ? 7 : 8, 8, sparsity.toString(), DType.INT8, i == 0));
        }
        linears.add(dense(random, 8, 7, DType.INT4));
        EncoderLayer layer = new EncoderLayer(linears.get(0), linears.get(1), linears.get(2), linears.get(3), norm(random, 8),
                linears.get(4), linears.get(5), norm(random, 8));
        Head head = new Head(Pooling.MEAN, Optional.empty(), dense(random, 2, 8, DType.FP32));
        Task task = new Task("sst2", List.of("negative", "positive"), false, false);
        GoldenExample example = new GoldenExample("a b!", Optional.empty(), new float[] {1.5f, -2f});
        return new Model(shape, tokenizer(4), embeddings(random, shape, DType.FP16), List.of(layer), head, task, provenance(),
                List.of(example));
    }

    static Linear sparse(Random random, int rows, int columns, String sparsity, DType dtype, boolean reorder) {
        Sparsity parsed = Sparsity.parse(sparsity);
        int[] order = reorder ? permutation(random, rows) : new int[0];
        float[] weights = pruned(random, rows, columns, parsed, order);
        return new Linear(SparseMatrix.of(weights, rows, columns, parsed, dtype, order), vector(random, rows));
    }

    static Linear dense(Random random, int rows, int columns, DType dtype) {
        return new Linear(DenseMatrix.of(vector(random, rows * columns), rows, columns, dtype), vector(random, rows));
    }

    static float[] vector(Random random, int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    static int[] permutation(Random random, int rows) {
        List<Integer> order = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            order.add(row);
        }
        Collections.shuffle(order, random);
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Random weights whose blocks keep random patterns, written from the definition and not with the codec. */
    static float[] pruned(Random random, int rows, int columns, Sparsity sparsity, int[] order) {
        float[] weights = vector(random, rows * columns);
        for (int firstRow = 0; firstRow < rows; firstRow += sparsity.v()) {
            for (int firstColumn = 0; firstColumn < columns; firstColumn += sparsity.m()) {
                int[] inputs = permutation(random, sparsity.m());
                for (int dropped = sparsity.n(); dropped < sparsity.m(); dropped++) {
                    int column = firstColumn + inputs[dropped];
                    for (int r = firstRow; column < columns && r < Math.min(rows, firstRow + sparsity.v()); r++) {
                        weights[(order.length == 0 ? r : order[r]) * columns + column] = 0;
                    }
                }
            }
        }
        return weights;
    }

    private static LayerNorm norm(Random random, int width) {
        return new LayerNorm(vector(random, width), vector(random, width));
    }

    private static Embeddings embeddings(Random random, EncoderShape shape, DType dtype) {
        return new Embeddings(
                dense(random, shape.vocabulary(), shape.hidden(), dtype).weight(),
                dense(random, shape.maxPositions(), shape.hidden(), dtype).weight(),
                dense(random, shape.typeVocabulary(), shape.hidden(), dtype).weight(),
                norm(random, shape.hidden()));
    }

    private static TokenizerSpec tokenizer(int maxTokens) {
        return new TokenizerSpec(VOCABULARY, true, false, true, maxTokens);
    }

    private static Provenance provenance() {
        return new Provenance(
                "filigree 0.1.0",
                "test encoder",
                "obs,admm,sr-ste",
                Map.of("seed", "7", "pattern", "2:4@16", "rho", "0.001", "leer", ""),
                Map.of("train.tsv", "00ff", "dev.tsv", "ff00"),
                Map.of("dense.accuracy", 0.91, "pruned.accuracy", 0.905));
    }
}
