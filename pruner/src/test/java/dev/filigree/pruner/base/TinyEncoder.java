package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A random encoder of a few kilobytes with a pooler and a classifier, to be written in any format and read back. */
public final class TinyEncoder {
    /** Small, and no two dimensions alike where that can be. */
    public static final EncoderShape SHAPE = new EncoderShape(8, 2, 2, 12, 11, 9, 2, 1e-12f);
    /** What {@code config.json} says of it. */
    public static final String CONFIG = """
            {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 2,
             "num_attention_heads": 2, "intermediate_size": 12, "vocab_size": 11, "max_position_embeddings": 9, "type_vocab_size": 2,
             "layer_norm_eps": 1e-12, "position_embedding_type": "absolute", "classifier_dropout": null}
            """;
    /** A {@code vocab.txt} for it, one token short of the embedding. */
    public static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n##e\n##f\n";
    private static final int LABELS = 3;

    private TinyEncoder() {}

    /** All weights that a classifier has, in the order of the forward pass, with their shapes. */
    static List<Weight> list() {
        List<Weight> all = new ArrayList<>(EncoderWeights.of(SHAPE));
        all.addAll(EncoderWeights.linear("pooler.dense", SHAPE.hidden(), SHAPE.hidden()));
        all.addAll(EncoderWeights.linear("classifier", LABELS, SHAPE.hidden()));
        return all;
    }

    /** Saves it in a folder as Transformers save a classifier of so many labels as the weights have. */
    public static void save(Path folder, Map<String, float[]> weights, String config) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (Weight weight : list().subList(0, list().size() - 2)) {
            writer.add("bert." + weight.name(), "F32", weight.dims(), weights.get(weight.name()));
        }
        int labels = weights.get("classifier.bias").length;
        for (Weight weight : EncoderWeights.linear("classifier", labels, SHAPE.hidden())) {
            writer.add(weight.name(), "F32", weight.dims(), weights.get(weight.name()));
        }
        writer.write(folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("config.json"), config);
        Files.writeString(folder.resolve("vocab.txt"), VOCABULARY);
    }

    /** Values of every weight, all different. */
    public static Map<String, float[]> weights() {
        Random random = new Random(31);
        Map<String, float[]> weights = new LinkedHashMap<>();
        for (Weight weight : list()) {
            float[] values = new float[weight.dims().stream().reduce(1, Math::multiplyExact)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            weights.put(weight.name(), values);
        }
        return weights;
    }
}
