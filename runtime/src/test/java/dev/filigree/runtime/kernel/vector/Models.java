package dev.filigree.runtime.kernel.vector;

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
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Random models, matrices and batches with fixed seeds. */
public final class Models {
    private Models() {}

    /** Values in {@code [-scale, scale)}. */
    public static float[] values(int count, float scale, SplittableRandom random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-scale, scale);
        }
        return values;
    }

    /** A random matrix that obeys the sparsity; rows are regrouped where it shares patterns. */
    public static Matrix matrix(int rows, int columns, Sparsity sparsity, DType dtype, SplittableRandom random) {
        float[] weights = values(rows * columns, (float) Math.sqrt(3.0 / columns), random);
        if (sparsity.isDense()) {
            return DenseMatrix.of(weights, rows, columns, dtype);
        }
        int[] order = sparsity.v() == 1 ? new int[0] : permutation(rows, random);
        prune(weights, rows, columns, sparsity, order, random);
        return SparseMatrix.of(weights, rows, columns, sparsity, dtype, order);
    }

    private static void prune(float[] weights, int rows, int columns, Sparsity sparsity, int[] order, SplittableRandom random) {
        for (int block = 0; block < rows; block += sparsity.v()) {
            for (int group = 0; group < columns; group += sparsity.m()) {
                int[] inputs = permutation(sparsity.m(), random);
                for (int row = block; row < Math.min(rows, block + sparsity.v()); row++) {
                    int output = order.length == 0 ? row : order[row];
                    for (int i = sparsity.n(); i < sparsity.m(); i++) {
                        if (group + inputs[i] < columns) {
                            weights[output * columns + group + inputs[i]] = 0;
                        }
                    }
                }
            }
        }
    }

    private static int[] permutation(int size, SplittableRandom random) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** A whole model; layer {@code i} takes the sparsity {@code i} of the list, over and over. */
    public static Model model(EncoderShape shape, Pooling pooling, int labels, DType dtype, List<Sparsity> sparsities, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int hidden = shape.hidden();
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            Sparsity sparsity = sparsities.get(i % sparsities.size());
            layers.add(new EncoderLayer(
                    linear(hidden, hidden, sparsity, dtype, random),
                    linear(hidden, hidden, sparsity, dtype, random),
                    linear(hidden, hidden, sparsity, dtype, random),
                    linear(hidden, hidden, sparsity, dtype, random),
                    norm(hidden, random),
                    linear(shape.intermediate(), hidden, sparsity, dtype, random),
                    linear(hidden, shape.intermediate(), sparsity, dtype, random),
                    norm(hidden, random)));
        }
        Embeddings embeddings = new Embeddings(
                matrix(shape.vocabulary(), hidden, Sparsity.DENSE, dtype, random),
                matrix(shape.maxPositions(), hidden, Sparsity.DENSE, dtype, random),
                matrix(shape.typeVocabulary(), hidden, Sparsity.DENSE, dtype, random),
                norm(hidden, random));
        Optional<Linear> pooler =
                pooling == Pooling.POOLER ? Optional.of(linear(hidden, hidden, Sparsity.DENSE, dtype, random)) : Optional.empty();
        Head head = new Head(pooling, pooler, linear(labels, hidden, Sparsity.DENSE, dtype, random));
        List<String> names = IntStream.range(0, labels).mapToObj(i -> "label" + i).toList();
        return new Model(
                shape,
                new TokenizerSpec(List.of("[PAD]"), true, true, true, shape.maxPositions()),
                embeddings,
                layers,
                head,
                new Task("test", names, false, false),
                new Provenance("test", "random", "none", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    public static Linear linear(int outputs, int inputs, Sparsity sparsity, DType dtype, SplittableRandom random) {
        return new Linear(matrix(outputs, inputs, sparsity, dtype, random), values(outputs, 0.1f, random));
    }

    private static LayerNorm norm(int hidden, SplittableRandom random) {
        float[] gamma = values(hidden, 0.2f, random);
        for (int i = 0; i < hidden; i++) {
            gamma[i] += 1;
        }
        return new LayerNorm(gamma, values(hidden, 0.1f, random));
    }

    /** Sequences of these lengths with random tokens. */
    public static TokenBatch batch(EncoderShape shape, long seed, int... lengths) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] offsets = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            offsets[i + 1] = offsets[i] + lengths[i];
        }
        int tokens = offsets[lengths.length];
        int[] ids = random.ints(tokens, 0, shape.vocabulary()).toArray();
        int[] types = random.ints(tokens, 0, shape.typeVocabulary()).toArray();
        return new TokenBatch(ids, types, offsets);
    }
}
