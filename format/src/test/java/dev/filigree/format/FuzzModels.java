package dev.filigree.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** The models that {@link Fuzzer} starts from: each has something that the others have not. */
final class FuzzModels {
    private static final int HIDDEN = 8;
    private static final int INNER = 13;

    private FuzzModels() {}

    static List<Model> all() {
        List<Model> models = new ArrayList<>();
        models.add(TestModels.full());
        models.add(TestModels.small());
        models.add(model(1, "dense", DType.FP32, Pooling.CLS, task(false, false), 1));
        models.add(model(2, "dense", DType.INT8, Pooling.POOLER, task(false, true), 0));
        models.add(model(3, "1:2@1", DType.FP16, Pooling.MEAN, task(true, false), 2));
        models.add(model(4, "2:4@16", DType.INT8, Pooling.CLS, task(true, true), 1));
        models.add(model(5, "3:5@3", DType.FP32, Pooling.MEAN, task(false, false), 0));
        models.add(model(6, "1:32@64", DType.INT8, Pooling.MEAN, task(false, true), 1));
        models.add(model(7, "16:32@2", DType.FP16, Pooling.POOLER, task(false, false), 1));
        models.add(model(9, "dense", DType.INT4, Pooling.MEAN, task(false, false), 1));
        models.add(model(8, "4:8@4", DType.INT8, Pooling.CLS, new Task("many", labels(40), false, false), 3));
        return models;
    }

    private static Model model(int salt, String sparsity, DType dtype, Pooling pooling, Task task, int examples) {
        Random random = Fuzzer.random(salt);
        int types = task.pairs() ? 2 : 1 + salt % 3;
        EncoderShape shape = new EncoderShape(HIDDEN, 1 + salt % 2, 1 << salt % 3, INNER, 11 + salt, 7, types, 1e-12f);
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(new EncoderLayer(
                    linear(random, HIDDEN, HIDDEN, sparsity, dtype), linear(random, HIDDEN, HIDDEN, sparsity, dtype),
                    linear(random, HIDDEN, HIDDEN, sparsity, dtype), linear(random, HIDDEN, HIDDEN, sparsity, dtype),
                    norm(random), linear(random, INNER, HIDDEN, sparsity, dtype), linear(random, HIDDEN, INNER, sparsity, dtype),
                    norm(random)));
        }
        int outputs = task.labels().size();
        List<GoldenExample> golden = new ArrayList<>();
        for (int i = 0; i < examples; i++) {
            Optional<String> pair = task.pairs() ? Optional.of("é") : Optional.empty();
            golden.add(new GoldenExample("a b! 字", pair, TestModels.vector(random, outputs)));
        }
        return new Model(
                shape,
                new TokenizerSpec(TestModels.VOCABULARY, salt % 2 == 0, salt % 3 == 0, salt % 5 == 0, 7),
                new Embeddings(
                        matrix(random, shape.vocabulary(), dtype), matrix(random, 7, dtype), matrix(random, shape.typeVocabulary(), dtype),
                        norm(random)),
                layers,
                new Head(
                        pooling,
                        pooling == Pooling.POOLER ? Optional.of(TestModels.dense(random, HIDDEN, HIDDEN, dtype)) : Optional.empty(),
                        TestModels.dense(random, outputs, HIDDEN, DType.FP32)),
                task,
                new Provenance(
                        "tool", "base", "method", salt % 2 == 0 ? Map.of("key", "value") : Map.of(), Map.of(), Map.of("accuracy", 0.5)),
                golden);
    }

    private static Linear linear(Random random, int rows, int columns, String sparsity, DType dtype) {
        return sparsity.equals("dense")
                ? TestModels.dense(random, rows, columns, dtype)
                : TestModels.sparse(random, rows, columns, sparsity, dtype, random.nextBoolean());
    }

    private static Matrix matrix(Random random, int rows, DType dtype) {
        return TestModels.dense(random, rows, HIDDEN, dtype).weight();
    }

    private static LayerNorm norm(Random random) {
        return new LayerNorm(TestModels.vector(random, HIDDEN), TestModels.vector(random, HIDDEN));
    }

    private static Task task(boolean regression, boolean pairs) {
        return new Task("task", regression ? List.of("score") : List.of("no", "yes"), regression, pairs);
    }

    private static List<String> labels(int count) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels.add("label " + i);
        }
        return labels;
    }
}
