package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.format.EncoderShape;
import dev.filigree.pruner.base.BaseModel.Labels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code config.json} of a Hugging Face folder says, as far as it shapes a BERT encoder. What the runtime does not compute is refused:
 * it would give wrong answers without a word.
 *
 * @param shape dimensions
 * @param classifier the classifier that the folder claims to hold
 * @param pooledClassifier whether that classifier reads what {@code 1_Pooling} says, and not BERT's pooler
 */
record HuggingFaceConfig(EncoderShape shape, Optional<Labels> classifier, boolean pooledClassifier) {
    private static final String CLASSIFIER = "BertForSequenceClassification";
    /** Written by our export, since no class of Transformers has such a head. */
    private static final String POOLED_CLASSIFIER = "pooled_classifier";
    /** The defaults of {@code BertConfig}. */
    private static final double EPSILON = 1e-12;
    private static final int TYPES = 2;

    static HuggingFaceConfig read(Path folder) throws BaseModelException {
        Path file = folder.resolve("config.json");
        JsonNode json = JsonFile.read(file);
        require(file, json, "model_type", "bert");
        require(file, json, "hidden_act", "gelu");
        require(file, json, "position_embedding_type", "absolute");
        require(file, json, "is_decoder", "false");
        require(file, json, "add_cross_attention", "false");
        EncoderShape shape;
        try {
            shape = new EncoderShape(
                    dim(file, json, "hidden_size"),
                    dim(file, json, "num_hidden_layers"),
                    dim(file, json, "num_attention_heads"),
                    dim(file, json, "intermediate_size"),
                    dim(file, json, "vocab_size"),
                    dim(file, json, "max_position_embeddings"),
                    json.has("type_vocab_size") ? dim(file, json, "type_vocab_size") : TYPES,
                    (float) json.path("layer_norm_eps").asDouble(EPSILON));
        } catch (IllegalArgumentException e) {
            throw new BaseModelException(file + " does not describe a BERT encoder: " + e.getMessage());
        }
        return new HuggingFaceConfig(shape, classifier(file, json), json.path(POOLED_CLASSIFIER).asBoolean());
    }

    /** An absent setting has BERT's value, except for the kind of model, which must be said. */
    private static void require(Path file, JsonNode json, String key, String needed) throws BaseModelException {
        boolean optional = !key.equals("model_type");
        JsonNode value = json.path(key);
        if (!(optional && (value.isMissingNode() || value.isNull())) && !value.asText().equals(needed)) {
            throw new BaseModelException(file + " says " + key + " " + (value.isMissingNode() ? "nowhere" : value)
                    + ", and Filigree computes \"" + needed + "\" only: choose a BERT encoder.");
        }
    }

    private static int dim(Path file, JsonNode json, String key) throws BaseModelException {
        JsonNode value = json.path(key);
        if (!value.isInt() || value.asInt() < 1) {
            throw new BaseModelException(file + " has no positive " + key + ": give the config.json of a BERT encoder.");
        }
        return value.asInt();
    }

    /** Other heads, such as those that label tokens, have a weight of the same name. */
    private static Optional<Labels> classifier(Path file, JsonNode json) throws BaseModelException {
        boolean claimed = json.path(POOLED_CLASSIFIER).asBoolean();
        for (JsonNode architecture : json.path("architectures")) {
            claimed |= architecture.asText().equals(CLASSIFIER);
        }
        String problem = json.path("problem_type").asText("");
        if (!claimed || problem.equals("multi_label_classification")) {
            return Optional.empty();
        }
        JsonNode names = json.path("id2label");
        int count = names.isObject() ? names.size() : json.path("num_labels").asInt(2);
        if (count < 1 || count > EncoderWeights.MAX_LABELS) {
            throw new BaseModelException(file + " speaks of " + count + " labels: give the config.json of a text classifier.");
        }
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels.add(names.path(Integer.toString(i)).asText("LABEL_" + i));
        }
        // As in Transformers, a single output is a score unless the file says otherwise.
        return Optional.of(new Labels(labels, problem.isEmpty() || problem.equals("null") ? count == 1 : problem.equals("regression")));
    }
}
