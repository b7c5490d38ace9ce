package dev.filigree.pruner.train;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small random models and examples for tests. */
final class Tiny {
    static final EncoderShape SHAPE = new EncoderShape(8, 2, 2, 12, 20, 10, 2, 1e-5f);
    static final HeadSpec HEAD = new HeadSpec(Pooling.MEAN, 3, false);

    private Tiny() {}

    /** One thread: threads of PyTorch that wait for each other on a busy machine cost more than these models do. */
    static TorchEngine engine() {
        return TorchEngine.start(1);
    }

    /** Weights large enough that every nonlinearity bends. */
    static Map<String, float[]> weights(EncoderShape shape, HeadSpec head, long seed) {
        Random random = new Random(seed);
        int hidden = shape.hidden();
        Map<String, float[]> weights = new HashMap<>();
        weights.put(Parameters.WORD_EMBEDDINGS, gaussian(shape.vocabulary() * hidden, 0, 1, random));
        weights.put(Parameters.POSITION_EMBEDDINGS, gaussian(shape.maxPositions() * hidden, 0, 0.5, random));
        weights.put(Parameters.TYPE_EMBEDDINGS, gaussian(shape.typeVocabulary() * hidden, 0, 0.5, random));
        norm(weights, Parameters.EMBEDDING_NORM, hidden, random);
        for (int layer = 0; layer < shape.layers(); layer++) {
            for (LinearRole role : LinearRole.values()) {
                linear(weights, role.name(layer), role.outputs(shape), role.inputs(shape), random);
            }
            norm(weights, Parameters.attentionNorm(layer), hidden, random);
            norm(weights, Parameters.outputNorm(layer), hidden, random);
        }
        if (head.pooling() == Pooling.POOLER) {
            linear(weights, Parameters.POOLER, hidden, hidden, random);
        }
        linear(weights, Parameters.CLASSIFIER, head.labels(), hidden, random);
        return weights;
    }

    static BertClassifier model(HeadSpec head, long seed) {
        return new BertClassifier(engine(), SHAPE, head, weights(SHAPE, head, seed), seed);
    }

    static BertClassifier model(HeadSpec head, long seed, Residence residence) {
        return new BertClassifier(engine().with(residence), SHAPE, head, weights(SHAPE, head, seed), seed);
    }

    /** Texts of 1 to maxPositions tokens with random labels. */
    static List<EncodedExample> examples(int count, int labels, long seed) {
        Random random = new Random(seed);
        List<EncodedExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = 1 + random.nextInt(SHAPE.maxPositions());
            int[] ids = random.ints(length, 0, SHAPE.vocabulary()).toArray();
            int[] types = random.ints(length, 0, SHAPE.typeVocabulary()).toArray();
            examples.add(new EncodedExample(new TokenizedText(ids, types, false), random.nextInt(labels)));
        }
        return examples;
    }

    /** Texts whose label is whether token 5 or token 6 stands in them: any encoder can learn it. */
    static List<EncodedExample> separable(int count, long seed) {
        Random random = new Random(seed);
        List<EncodedExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int label = i % 2;
            int[] ids = random.ints(2 + random.nextInt(6), 7, SHAPE.vocabulary()).toArray();
            ids[random.nextInt(ids.length)] = 5 + label;
            examples.add(new EncodedExample(new TokenizedText(ids, new int[ids.length], false), label));
        }
        return examples;
    }

    private static void linear(Map<String, float[]> weights, String name, int outputs, int inputs, Random random) {
        weights.put(name + ".weight", gaussian(outputs * inputs, 0, 1 / Math.sqrt(inputs), random));
        weights.put(name + ".bias", gaussian(outputs, 0, 0.3, random));
    }

    private static void norm(Map<String, float[]> weights, String name, int hidden, Random random) {
        weights.put(name + ".weight", gaussian(hidden, 1, 0.2, random));
        weights.put(name + ".bias", gaussian(hidden, 0, 0.2, random));
    }

    private static float[] gaussian(int size, double mean, double deviation, Random random) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (mean + deviation * random.nextGaussian());
        }
        return values;
    }
}
