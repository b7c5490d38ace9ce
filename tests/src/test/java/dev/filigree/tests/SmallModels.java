package dev.filigree.tests;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A packed file of a few kilobytes with random weights, for tests that need some model and not a good one. */
public final class SmallModels {
    private static final EncoderShape SHAPE = new EncoderShape(16, 1, 2, 32, 8, 32, 2, 1e-12f);

    private static final Task SENTIMENT = new Task("sst2", List.of("negative", "positive"), false, false);

    private SmallModels() {}

    /** Writes one with dense weights. */
    public static Path write(Path file) throws IOException {
        return write(file, Sparsity.DENSE);
    }

    /** Writes one with a pruned query. */
    public static Path writePruned(Path file) throws IOException {
        return write(file, Sparsity.parse("2:4@16"));
    }

    /** A file with golden examples that expect these logits of "text one". */
    static Path writeGolden(Path file, float... logits) throws IOException {
        return write(file, SENTIMENT, Sparsity.DENSE, List.of(new GoldenExample("text one", Optional.empty(), logits)));
    }

    /** Writes one with dense weights for another task. */
    public static Path write(Path file, Task task) throws IOException {
        return write(file, task, Sparsity.DENSE, List.of());
    }

    private static Path write(Path file, Sparsity ofQuery) throws IOException {
        return write(file, SENTIMENT, ofQuery, List.of());
    }

    private static Path write(Path file, Task task, Sparsity ofQuery, List<GoldenExample> golden) throws IOException {
        Random random = new Random(5);
        Linear query = new Linear(
                ofQuery.isDense() ? matrix(random, 16, 16) : SparseMatrix.of(new float[256], 16, 16, ofQuery, DType.FP32, new int[0]),
                new float[16]);
        Embeddings embeddings = new Embeddings(matrix(random, 8, 16), matrix(random, 32, 16), matrix(random, 2, 16), norm());
        EncoderLayer layer = new EncoderLayer(
                query, linear(random, 16, 16), linear(random, 16, 16), linear(random, 16, 16), norm(),
                linear(random, 32, 16), linear(random, 16, 32), norm());
        ModelWriter.write(
                new Model(
                        SHAPE,
                        new TokenizerSpec(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "text", "one", "two", "."), true, true, true, 32),
                        embeddings,
                        List.of(layer),
                        new Head(Pooling.MEAN, Optional.empty(), linear(random, task.labels().size(), 16)),
                        task,
                        new Provenance("test", "random", "none", Map.of(), Map.of(), Map.of()),
                        golden),
                file);
        return file;
    }

    private static Linear linear(Random random, int rows, int columns) {
        return new Linear(matrix(random, rows, columns), new float[rows]);
    }

    private static DenseMatrix matrix(Random random, int rows, int columns) {
        float[] weights = new float[rows * columns];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian() * 0.1f;
        }
        return DenseMatrix.of(weights, rows, columns, DType.FP32);
    }

    private static LayerNorm norm() {
        float[] ones = new float[16];
        Arrays.fill(ones, 1);
        return new LayerNorm(ones, new float[16]);
    }
}
