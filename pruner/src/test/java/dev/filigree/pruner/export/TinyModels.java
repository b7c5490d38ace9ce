package dev.filigree.pruner.export;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Random models for tests. */
public final class TinyModels {
    private final SplittableRandom random;
    private final DType dtype;

    private TinyModels(long seed, DType dtype) {
        this.random = new SplittableRandom(seed);
        this.dtype = dtype;
    }

    /** A model whose linears have the sparsity and whose encoder matrices have the type. */
    public static Model model(EncoderShape shape, Sparsity sparsity, DType dtype, Pooling pooling, int labels, long seed) {
        return new TinyModels(seed, dtype).model(shape, sparsity, pooling, labels);
    }

    private Model model(EncoderShape shape, Sparsity sparsity, Pooling pooling, int labels) {
        int hidden = shape.hidden();
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(new EncoderLayer(
                    linear(hidden, hidden, sparsity),
                    linear(hidden, hidden, sparsity),
                    linear(hidden, hidden, sparsity),
                    linear(hidden, hidden, sparsity),
                    norm(hidden),
                    linear(shape.intermediate(), hidden, sparsity),
                    linear(hidden, shape.intermediate(), sparsity),
                    norm(hidden)));
        }
        Optional<Linear> pooler = pooling == Pooling.POOLER ? Optional.of(linear(hidden, hidden, Sparsity.DENSE)) : Optional.empty();
        List<String> vocabulary = Stream.concat(
                        Stream.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"), IntStream.range(4, shape.vocabulary()).mapToObj(i -> "t" + i))
                .toList();
        List<String> names = IntStream.range(0, labels).mapToObj(i -> "label" + i).toList();
        return new Model(
                shape,
                new TokenizerSpec(vocabulary, true, true, true, shape.maxPositions()),
                new Embeddings(
                        matrix(shape.vocabulary(), hidden, Sparsity.DENSE),
                        matrix(shape.maxPositions(), hidden, Sparsity.DENSE),
                        matrix(shape.typeVocabulary(), hidden, Sparsity.DENSE),
                        norm(hidden)),
                layers,
                new Head(pooling, pooler, linear(labels, hidden, Sparsity.DENSE)),
                new Task("tiny", names, labels == 1, true),
                new Provenance("test", "random", "none", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private Linear linear(int outputs, int inputs, Sparsity sparsity) {
        return new Linear(matrix(outputs, inputs, sparsity), values(outputs, 0.1f));
    }

    private Matrix matrix(int rows, int columns, Sparsity sparsity) {
        float[] weights = values(rows * columns, 1.5f / (float) Math.sqrt(columns));
        if (sparsity.isDense()) {
            return DenseMatrix.of(weights, rows, columns, dtype);
        }
        for (int block = 0; block < rows; block += sparsity.v()) {
            for (int group = 0; group < columns; group += sparsity.m()) {
                List<Integer> inputs = new ArrayList<>(IntStream.range(group, group + sparsity.m()).boxed().toList());
                for (int kept = 0; kept < sparsity.n(); kept++) {
                    inputs.remove(random.nextInt(inputs.size()));
                }
                for (int row = block; row < Math.min(block + sparsity.v(), rows); row++) {
                    for (int input : inputs) {
                        if (input < columns) {
                            weights[row * columns + input] = 0;
                        }
                    }
                }
            }
        }
        return SparseMatrix.of(weights, rows, columns, sparsity, dtype, new int[0]);
    }

    private LayerNorm norm(int hidden) {
        float[] gamma = values(hidden, 0.3f);
        for (int i = 0; i < hidden; i++) {
            gamma[i] += 1;
        }
        return new LayerNorm(gamma, values(hidden, 0.2f));
    }

    private float[] values(int count, float deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() * deviation;
        }
        return values;
    }
}
