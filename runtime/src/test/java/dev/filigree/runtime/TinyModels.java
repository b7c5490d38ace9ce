package dev.filigree.runtime;

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
import dev.filigree.format.Pooling;
import dev.filigree.format.Provenance;
import dev.filigree.format.Task;
import dev.filigree.format.TokenizerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Complete models of a few kilobytes, random but seeded, whose tokenizer knows every lower-case ASCII word. */
public final class TinyModels {
    /** Longest sequence of these models, in tokens. */
    public static final int MAX_TOKENS = 32;

    /** Classifies single texts. */
    public static final Task SENTIMENT = new Task("sentiment", List.of("negative", "positive"), false, false);
    /** Classifies pairs. */
    public static final Task ENTAILMENT = new Task("entailment", List.of("yes", "no", "maybe"), false, true);
    /** Scores pairs. */
    public static final Task SIMILARITY = new Task("similarity", List.of("similarity"), true, true);

    private final SplittableRandom random;
    private final EncoderShape shape;

    private TinyModels(long seed, int vocabulary) {
        random = new SplittableRandom(seed);
        shape = new EncoderShape(16, 2, 4, 24, vocabulary, MAX_TOKENS, 2, 1e-12f);
    }

    /** A dense fp32 model without golden examples. */
    public static Model of(Task task, Pooling pooling, long seed) {
        List<String> vocabulary = vocabulary();
        return new TinyModels(seed, vocabulary.size()).build(task, pooling, vocabulary);
    }

    /** The same model with these golden examples. */
    public static Model with(Model model, List<GoldenExample> examples) {
        return new Model(model.shape(), model.tokenizer(), model.embeddings(), model.layers(), model.head(), model.task(),
                model.provenance(), examples);
    }

    private static List<String> vocabulary() {
        List<String> vocabulary = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "not", "##ing"));
        for (char c = '!'; c <= '~'; c++) {
            vocabulary.add(String.valueOf(c));
            vocabulary.add("##" + c);
        }
        return vocabulary;
    }

    private Model build(Task task, Pooling pooling, List<String> vocabulary) {
        int hidden = shape.hidden();
        Embeddings embeddings = new Embeddings(
                matrix(shape.vocabulary(), hidden), matrix(shape.maxPositions(), hidden), matrix(shape.typeVocabulary(), hidden), norm());
        List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            layers.add(new EncoderLayer(
                    linear(hidden, hidden),
                    linear(hidden, hidden),
                    linear(hidden, hidden),
                    linear(hidden, hidden),
                    norm(),
                    linear(shape.intermediate(), hidden),
                    linear(hidden, shape.intermediate()),
                    norm()));
        }
        Optional<Linear> pooler = pooling == Pooling.POOLER ? Optional.of(linear(hidden, hidden)) : Optional.empty();
        return new Model(
                shape,
                new TokenizerSpec(vocabulary, true, true, true, MAX_TOKENS),
                embeddings,
                layers,
                new Head(pooling, pooler, linear(task.labels().size(), hidden)),
                task,
                new Provenance("test", "random", "none", Map.of(), Map.of(), Map.of()),
                List.of());
    }

    private Linear linear(int outputs, int inputs) {
        return new Linear(matrix(outputs, inputs), values(outputs, 0.1));
    }

    private DenseMatrix matrix(int rows, int columns) {
        return DenseMatrix.of(values(rows * columns, 0.5), rows, columns, DType.FP32);
    }

    private LayerNorm norm() {
        float[] gamma = values(shape.hidden(), 0.2);
        for (int i = 0; i < gamma.length; i++) {
            gamma[i] += 1;
        }
        return new LayerNorm(gamma, values(shape.hidden(), 0.1));
    }

    private float[] values(int count, double scale) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-scale, scale);
        }
        return values;
    }
}
