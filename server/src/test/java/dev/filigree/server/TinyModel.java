package dev.filigree.server;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.GoldenExample;
import dev.filigree.format.Head;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Packs an encoder of one layer with random weights: a real file, of a few KB. */
public final class TinyModel {
    private static final int HIDDEN = 16;
    private static final int LONGEST = 12;
    private static final List<String> VOCABULARY = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad", "film", "a", "##s", "!");

    private final Random random;

    private TinyModel(int seed) {
        random = new Random(seed);
    }

    static Path write(Path folder, boolean pairs) throws IOException {
        Path file = folder.resolve("tiny.filigree");
        ModelWriter.write(of(17, new Task("tiny", List.of("negative", "positive"), false, pairs), List.of()), file);
        return file;
    }

    /** A model in memory, with other answers for another seed. */
    public static Model of(int seed, Task task, List<GoldenExample> examples) {
        return new TinyModel(seed).build(task, examples);
    }

    private Model build(Task task, List<GoldenExample> examples) {
        EncoderShape shape = new EncoderShape(HIDDEN, 1, 2, 2 * HIDDEN, VOCABULARY.size(), LONGEST, 2, 1e-12f);
        EncoderLayer layer = new EncoderLayer(
                linear(HIDDEN, HIDDEN), linear(HIDDEN, HIDDEN), linear(HIDDEN, HIDDEN), linear(HIDDEN, HIDDEN), norm(),
                linear(2 * HIDDEN, HIDDEN), linear(HIDDEN, 2 * HIDDEN), norm());
        return new Model(
                shape,
                new TokenizerSpec(VOCABULARY, true, true, true, LONGEST),
                new Embeddings(matrix(VOCABULARY.size(), HIDDEN), matrix(LONGEST, HIDDEN), matrix(2, HIDDEN), norm()),
                List.of(layer),
                new Head(Pooling.MEAN, Optional.empty(), linear(task.labels().size(), HIDDEN)),
                task,
                new Provenance("test", "random", "none", Map.of(), Map.of(), Map.of()),
                examples);
    }

    private Linear linear(int rows, int columns) {
        return new Linear(matrix(rows, columns), vector(rows));
    }

    private Matrix matrix(int rows, int columns) {
        return DenseMatrix.of(vector(rows * columns), rows, columns, DType.FP32);
    }

    private LayerNorm norm() {
        return new LayerNorm(vector(HIDDEN), vector(HIDDEN));
    }

    private float[] vector(int length) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
