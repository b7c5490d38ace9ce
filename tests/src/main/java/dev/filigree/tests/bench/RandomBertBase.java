package dev.filigree.tests.bench;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** A file with the dimensions and the vocabulary size of {@code bert-base-uncased}, int8 and 2:4@16, whose weights mean nothing. */
final class RandomBertBase {
    private static final EncoderShape SHAPE = new EncoderShape(768, 12, 12, 3072, 30_522, 512, 2, 1e-12f);
    private static final Sparsity SPARSITY = new Sparsity(2, 4, 16);
    private static final int LABELS = 2;

    private final SplittableRandom random = new SplittableRandom(7);
    private final int hidden = SHAPE.hidden();

    private RandomBertBase() {}

    static void write(Path file) throws IOException {
        ModelWriter.write(new RandomBertBase().model(), file);
    }

    private Model model() {
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < SHAPE.layers(); i++) {
            layers.add(new EncoderLayer(
                    pruned(hidden, hidden), pruned(hidden, hidden), pruned(hidden, hidden), pruned(hidden, hidden), norm(),
                    pruned(SHAPE.intermediate(), hidden), pruned(hidden, SHAPE.intermediate()), norm()));
        }
        return new Model(
                SHAPE,
                new TokenizerSpec(vocabulary(), true, true, true, SHAPE.maxPositions()),
                new Embeddings(dense(SHAPE.vocabulary()), dense(SHAPE.maxPositions()), dense(SHAPE.typeVocabulary()), norm()),
                layers,
                new Head(
                        Pooling.POOLER,
                        Optional.of(new Linear(dense(hidden), weights(hidden))),
                        new Linear(dense(LABELS), weights(LABELS))),
                new Task("random", List.of("no", "yes"), false, false),
                new Provenance("filigree bench-open", "random", "none", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private static List<String> vocabulary() {
        List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
        while (tokens.size() < SHAPE.vocabulary()) {
            tokens.add("##" + Integer.toString(tokens.size(), Character.MAX_RADIX));
        }
        return tokens;
    }

    private Linear pruned(int rows, int columns) {
        float[] weights = weights(rows * columns);
        int[] patterns = SPARSITY.patterns();
        for (int row = 0; row < rows; row += SPARSITY.v()) {
            for (int column = 0; column < columns; column += SPARSITY.m()) {
                int pattern = patterns[random.nextInt(patterns.length)];
                for (int i = 0; i < SPARSITY.v() * SPARSITY.m(); i++) {
                    int j = i % SPARSITY.m();
                    if ((pattern >>> j & 1) == 0) {
                        weights[(row + i / SPARSITY.m()) * columns + column + j] = 0;
                    }
                }
            }
        }
        return new Linear(SparseMatrix.of(weights, rows, columns, SPARSITY, DType.INT8, new int[0]), weights(rows));
    }

    private DenseMatrix dense(int rows) {
        return DenseMatrix.of(weights(rows * hidden), rows, hidden, DType.INT8);
    }

    private LayerNorm norm() {
        return new LayerNorm(weights(hidden), weights(hidden));
    }

    private float[] weights(int count) {
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = random.nextFloat() - 0.5f;
        }
        return weights;
    }
}
