package dev.filigree.pruner.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes a model as a folder of Hugging Face's layout, with dense weights, pruned ones as zeros.
 *
 * <p>A head that reads BERT's pooler is a {@code BertForSequenceClassification}. Hugging Face has no class whose head reads the mean or the
 * bare first token; such a model is written as a {@code BertModel} with the two tensors {@code classifier.weight} and
 * {@code classifier.bias} beside it, its pooling where Sentence Transformers looks for it ({@code modules.json}, {@code 1_Pooling}), and
 * {@code pooled_classifier} in {@code config.json}, by which our own import knows it again.
 */
public final class HuggingFaceExport {
    /** What {@code model.safetensors} holds. */
    public enum Values {
        /** Fp32. */
        FP32("F32", "float32", Float.BYTES),
        /** Fp16, half the bytes. */
        FP16("F16", "float16", Short.BYTES);

        private final String safetensorsName;
        private final String torchName;
        private final int bytes;

        Values(String safetensorsName, String torchName, int bytes) {
            this.safetensorsName = safetensorsName;
            this.torchName = torchName;
            this.bytes = bytes;
        }

        String safetensorsName() {
            return safetensorsName;
        }

        int bytes() {
            return bytes;
        }
    }

    private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();
    private static final String PREFIX = "bert.";
    private static final String HEAD = "classifier.";

    private final Model model;
    private final Path folder;

    private HuggingFaceExport(Model model, Path folder) {
        this.model = model;
        this.folder = folder;
    }

    /**
     * Writes the files into an existing folder.
     *
     * @throws IllegalArgumentException when a weight does not fit into fp16
     * @throws IOException when a file cannot be written; some may lie in the folder then
     */
    public static void write(Model model, Values values, Path folder) throws IOException {
        HuggingFaceExport export = new HuggingFaceExport(model, folder);
        export.json("config.json", export.config(values));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(folder.resolve("model.safetensors")))) {
            Safetensors.write(NamedTensor.of(model).stream().map(HuggingFaceExport::prefixed).toList(), values, out);
        }
        TokenizerFiles.write(model.tokenizer(), folder);
        if (model.head().pooling() != Pooling.POOLER) {
            export.sentenceTransformers();
        }
    }

    /**
     * The weights a runtime sees, dequantised, zeros where pruned: fp32 arrays by Hugging Face name without the prefix {@code bert.},
     * row-major.
     */
    public static Map<String, float[]> weights(Model model) {
        return NamedTensor.of(model).stream().collect(Collectors.toMap(NamedTensor::name, tensor -> tensor.values().get()));
    }

    private static NamedTensor prefixed(NamedTensor tensor) {
        return tensor.name().startsWith(HEAD) ? tensor : new NamedTensor(PREFIX + tensor.name(), tensor.shape(), tensor.values());
    }

    private Map<String, Object> config(Values values) {
        EncoderShape shape = model.shape();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architectures", List.of(model.head().pooling() == Pooling.POOLER ? "BertForSequenceClassification" : "BertModel"));
        if (model.head().pooling() != Pooling.POOLER) {
            config.put("pooled_classifier", true);
        }
        config.put("model_type", "bert");
        config.put("hidden_size", shape.hidden());
        config.put("num_hidden_layers", shape.layers());
        config.put("num_attention_heads", shape.heads());
        config.put("intermediate_size", shape.intermediate());
        config.put("hidden_act", "gelu");
        config.put("vocab_size", shape.vocabulary());
        config.put("max_position_embeddings", shape.maxPositions());
        config.put("type_vocab_size", shape.typeVocabulary());
        config.put("layer_norm_eps", shape.layerNormEpsilon());
        config.put("position_embedding_type", "absolute");
        config.put("pad_token_id", model.tokenizer().vocabulary().indexOf("[PAD]"));
        config.put("torch_dtype", values.torchName);
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, Integer> indices = new LinkedHashMap<>();
        List<String> labels = model.task().labels();
        for (int i = 0; i < labels.size(); i++) {
            names.put(String.valueOf(i), labels.get(i));
            indices.put(labels.get(i), i);
        }
        config.put("id2label", names);
        config.put("label2id", indices);
        config.put("problem_type", model.task().regression() ? "regression" : "single_label_classification");
        return config;
    }

    private void sentenceTransformers() throws IOException {
        Files.createDirectory(folder.resolve("1_Pooling"));
        json("modules.json", List.of(
                TokenizerFiles.ordered("idx", 0, "name", "0", "path", "", "type", "sentence_transformers.models.Transformer"),
                TokenizerFiles.ordered("idx", 1, "name", "1", "path", "1_Pooling", "type", "sentence_transformers.models.Pooling")));
        json("sentence_bert_config.json",
                TokenizerFiles.ordered("max_seq_length", model.tokenizer().maxTokens(), "do_lower_case", false));
        json("1_Pooling/config.json", TokenizerFiles.ordered(
                "word_embedding_dimension", model.shape().hidden(),
                "pooling_mode_cls_token", model.head().pooling() == Pooling.CLS,
                "pooling_mode_mean_tokens", model.head().pooling() == Pooling.MEAN));
    }

    private void json(String name, Object content) throws IOException {
        Files.write(folder.resolve(name), JSON.writeValueAsBytes(content));
    }
}
