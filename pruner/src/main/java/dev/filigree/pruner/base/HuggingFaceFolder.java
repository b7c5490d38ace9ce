package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.BaseModel.Labels;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A BERT encoder in a folder as Hugging Face's Transformers save it. The names of the weights may have a prefix ({@code bert.} where a head
 * was saved with the encoder) and the old names of LayerNorm's parameters.
 */
final class HuggingFaceFolder {
    private static final String WEIGHT = ".weight";

    private final Path folder;
    private final HuggingFaceConfig config;
    private final HuggingFaceWeights files;
    private final String prefix;

    private HuggingFaceFolder(Path folder, HuggingFaceConfig config, HuggingFaceWeights files) throws BaseModelException {
        this.folder = folder;
        this.config = config;
        this.files = files;
        String words = onlyName(EncoderWeights.WORD_EMBEDDINGS);
        this.prefix = words.substring(0, words.length() - EncoderWeights.WORD_EMBEDDINGS.length());
    }

    static BaseModel read(Path folder) throws BaseModelException {
        HuggingFaceConfig config = HuggingFaceConfig.read(folder);
        TokenizerSpec tokenizer = HuggingFaceTokenizer.read(folder, config.shape());
        try (HuggingFaceWeights files = HuggingFaceWeights.open(folder)) {
            return new HuggingFaceFolder(folder, config, files).read(tokenizer);
        }
    }

    private BaseModel read(TokenizerSpec tokenizer) throws BaseModelException {
        EncoderShape shape = config.shape();
        if (shape.layers() > files.names().size()) {
            throw new BaseModelException(folder + ": config.json asks for " + shape.layers() + " layers and there are "
                    + files.names().size() + " weights: give the folder of a whole BERT encoder.");
        }
        Map<String, float[]> weights = new HashMap<>();
        Set<String> unknown = encoderNames();
        for (Weight weight : EncoderWeights.of(shape)) {
            String stored = stored(prefix + weight.name());
            weights.put(weight.name(), files.floats(stored, weight.dims()));
            unknown.remove(stored);
        }
        if (!unknown.isEmpty()) {
            throw new BaseModelException(folder + ": weight " + unknown.iterator().next()
                    + " has no place in the encoder that config.json describes: give the folder of a plain BERT encoder.");
        }
        Optional<Labels> classifier = config.classifier();
        Pooling pooling = pooling();
        if (pooling == Pooling.POOLER) {
            take(weights, EncoderWeights.linear(EncoderWeights.POOLER, shape.hidden(), shape.hidden()), prefix);
        }
        if (classifier.isPresent()) {
            String name = onlyName(EncoderWeights.CLASSIFIER + WEIGHT);
            String before = name.substring(0, name.length() - (EncoderWeights.CLASSIFIER + WEIGHT).length());
            take(weights, EncoderWeights.linear(EncoderWeights.CLASSIFIER, classifier.get().names().size(), shape.hidden()), before);
        }
        String name = folder.toAbsolutePath().normalize().getFileName().toString();
        return new BaseModel(name, shape, tokenizer, pooling, weights, classifier);
    }

    /** Transformers' classifier reads the pooler; a sentence encoder says what it reads; others are read by a pooler if they have one. */
    private Pooling pooling() throws BaseModelException {
        JsonNode sentence = JsonFile.readIfPresent(folder.resolve("1_Pooling").resolve("config.json"));
        if (config.classifier().isPresent() && !config.pooledClassifier()) {
            return Pooling.POOLER;
        }
        if (sentence.path("pooling_mode_mean_tokens").asBoolean()) {
            return Pooling.MEAN;
        }
        boolean first = sentence.path("pooling_mode_cls_token").asBoolean();
        return !first && files.names().contains(prefix + EncoderWeights.POOLER + WEIGHT) ? Pooling.POOLER : Pooling.CLS;
    }

    private void take(Map<String, float[]> weights, List<Weight> linear, String before) throws BaseModelException {
        for (Weight weight : linear) {
            weights.put(weight.name(), files.floats(before + weight.name(), weight.dims()));
        }
    }

    /** Names of everything in the encoder that takes part in its computation. */
    private Set<String> encoderNames() {
        Set<String> names = new HashSet<>();
        for (String name : files.names()) {
            boolean inside = name.startsWith(prefix + "embeddings.") || name.startsWith(prefix + "encoder.");
            // Buffers that old versions saved: 0, 1, 2, … and zeros.
            boolean buffer = name.endsWith(".position_ids") || name.endsWith("embeddings.token_type_ids");
            if (inside && !buffer) {
                names.add(name);
            }
        }
        return names;
    }

    /** The name in the file: checkpoints converted from TensorFlow call LayerNorm's parameters gamma and beta. */
    private String stored(String name) {
        String old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        return !files.names().contains(name) && files.names().contains(old) ? old : name;
    }

    private String onlyName(String end) throws BaseModelException {
        List<String> names = files.names().stream().filter(name -> name.equals(end) || name.endsWith("." + end)).toList();
        if (names.size() != 1) {
            throw new BaseModelException(folder + " has " + names.size() + " weights named " + end
                    + " where a BERT encoder has one: give the folder of a BERT encoder.");
        }
        return names.getFirst();
    }
}
