package dev.filigree.pruner.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.format.DType;
import dev.filigree.format.Embeddings;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.BaseModels;
import dev.filigree.pruner.glue.GlueData;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.runtime.tokenizer.TokenizedText;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The files of a Hugging Face folder, read again by the rules of their formats. */
class HuggingFaceExportTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final EncoderShape SHAPE = new EncoderShape(24, 2, 3, 37, 53, 19, 2, 1e-12f);

    @TempDir
    Path folder;

    private static Model model(Pooling pooling, int labels) {
        return TinyModels.model(SHAPE, Sparsity.parse("2:4@4"), DType.INT8, pooling, labels, 3);
    }

    private JsonNode json(String name) throws IOException {
        return JSON.readTree(folder.resolve(name).toFile());
    }

    @ParameterizedTest
    @EnumSource(HuggingFaceExport.Values.class)
    void safetensorsHoldEveryWeightWithItsZeros(HuggingFaceExport.Values values) throws IOException {
        Model model = model(Pooling.POOLER, 2);
        HuggingFaceExport.write(model, values, folder);
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("model.safetensors"))).order(ByteOrder.LITTLE_ENDIAN);
        int length = Math.toIntExact(file.getLong());
        assertThat(length % 8).isZero();
        byte[] text = new byte[length];
        file.get(text);
        assertThat(text[0]).isEqualTo((byte) '{');
        JsonNode header = JSON.readTree(new String(text, StandardCharsets.UTF_8));
        ByteBuffer data = file.slice().order(ByteOrder.LITTLE_ENDIAN);
        // 3 tables, 1 norm; 6 linears and 2 norms a layer; pooler and classifier; metadata
        assertThat(header).hasSize(3 + 2 + 2 * (6 + 2) * 2 + 2 * 2 + 1);
        long end = 0;
        for (Iterator<String> names = header.fieldNames(); names.hasNext();) {
            String name = names.next();
            if (!name.equals("__metadata__")) {
                assertThat(header.get(name).get("dtype").asText()).isEqualTo(values == HuggingFaceExport.Values.FP32 ? "F32" : "F16");
                assertThat(header.get(name).get("data_offsets").get(0).asLong()).as(name).isEqualTo(end);
                end = header.get(name).get("data_offsets").get(1).asLong();
            }
        }
        assertThat(end).isEqualTo(data.capacity());
        assertThat(read(header, data, "bert.embeddings.word_embeddings.weight", 53, 24))
                .isEqualTo(stored(model.embeddings().word().toFloats(), values));
        assertThat(read(header, data, "bert.encoder.layer.1.intermediate.dense.weight", 37, 24))
                .isEqualTo(stored(model.layers().get(1).ffnIn().weight().toFloats(), values))
                .contains(0f);
        assertThat(read(header, data, "bert.encoder.layer.0.output.LayerNorm.bias", 24))
                .isEqualTo(stored(model.layers().get(0).outputNorm().beta(), values));
        assertThat(read(header, data, "bert.pooler.dense.bias", 24)).isEqualTo(stored(model.head().pooler().orElseThrow().bias(), values));
        assertThat(read(header, data, "classifier.weight", 2, 24)).isEqualTo(stored(model.head().classifier().weight().toFloats(), values));
    }

    private static float[] read(JsonNode header, ByteBuffer data, String name, int... shape) {
        assertThat(header.get(name)).as(name).isNotNull();
        assertThat(JSON.convertValue(header.get(name).get("shape"), int[].class)).as(name).isEqualTo(shape);
        float[] values = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        int at = header.get(name).get("data_offsets").get(0).asInt();
        boolean halves = header.get(name).get("dtype").asText().equals("F16");
        for (int i = 0; i < values.length; i++) {
            values[i] = halves ? Float.float16ToFloat(data.getShort(at + 2 * i)) : data.getFloat(at + 4 * i);
        }
        return values;
    }

    private static float[] stored(float[] values, HuggingFaceExport.Values kind) {
        float[] stored = values.clone();
        for (int i = 0; i < stored.length && kind == HuggingFaceExport.Values.FP16; i++) {
            stored[i] = Float.float16ToFloat(Float.floatToFloat16(stored[i]));
        }
        return stored;
    }

    @Test
    void aPoolerHeadIsAStandardClassifier() throws IOException {
        HuggingFaceExport.write(model(Pooling.POOLER, 3), HuggingFaceExport.Values.FP32, folder);
        JsonNode config = json("config.json");
        assertThat(config.get("architectures")).hasSize(1);
        assertThat(config.get("architectures").get(0).asText()).isEqualTo("BertForSequenceClassification");
        assertThat(config.get("hidden_size").asInt()).isEqualTo(24);
        assertThat(config.get("intermediate_size").asInt()).isEqualTo(37);
        assertThat(config.get("layer_norm_eps").floatValue()).isEqualTo(1e-12f);
        assertThat(config.get("id2label").get("2").asText()).isEqualTo("label2");
        assertThat(config.get("label2id").get("label1").asInt()).isEqualTo(1);
        assertThat(config.get("problem_type").asText()).isEqualTo("single_label_classification");
        assertThat(folder.resolve("modules.json")).doesNotExist();
    }

    @Test
    void otherPoolingIsSaidWhereSentenceTransformersLooks() throws IOException {
        HuggingFaceExport.write(model(Pooling.MEAN, 1), HuggingFaceExport.Values.FP32, folder);
        assertThat(json("config.json").get("architectures").get(0).asText()).isEqualTo("BertModel");
        assertThat(json("config.json").get("problem_type").asText()).isEqualTo("regression");
        assertThat(json("modules.json").get(1).get("path").asText()).isEqualTo("1_Pooling");
        assertThat(json("1_Pooling/config.json").get("pooling_mode_mean_tokens").asBoolean()).isTrue();
        assertThat(json("1_Pooling/config.json").get("pooling_mode_cls_token").asBoolean()).isFalse();
        assertThat(json("sentence_bert_config.json").get("max_seq_length").asInt()).isEqualTo(19);
    }

    @Test
    void tokenizerFilesGiveOurIdsInTheTokenizersLibrary() throws IOException {
        TokenizerSpec spec = BaseModels.named("all-MiniLM-L6-v2").tokenizer();
        TokenizerFiles.write(spec, folder);
        WordPieceTokenizer ours = new WordPieceTokenizer(spec);
        List<String> texts = Stream.concat(
                        Stream.of("Ünïcode, naïve\tcafé 漢字 [SEP] don't!", "", "x".repeat(101)),
                        GlueData.sample().read(GlueTask.RTE, GlueSplit.DEV).examples().stream()
                                .limit(50)
                                .map(example -> example.first()))
                .toList();
        try (HuggingFaceTokenizer theirs = HuggingFaceTokenizer.newInstance(folder)) {
            for (String text : texts) {
                same(ours.encode(text), theirs.encode(text));
                same(ours.encode(text, "A second text."), theirs.encode(text, "A second text."));
            }
        }
        assertThat(Files.readAllLines(folder.resolve("vocab.txt"))).isEqualTo(spec.vocabulary());
        JsonNode settings = json("tokenizer_config.json");
        assertThat(settings.get("do_lower_case").asBoolean()).isTrue();
        assertThat(settings.get("model_max_length").asInt()).isEqualTo(spec.maxTokens());
        assertThat(json("special_tokens_map.json").get("mask_token").asText()).isEqualTo("[MASK]");
    }

    private static void same(TokenizedText ours, Encoding theirs) {
        assertThat(ours.ids()).isEqualTo(Arrays.stream(theirs.getIds()).mapToInt(Math::toIntExact).toArray());
        assertThat(ours.types()).isEqualTo(Arrays.stream(theirs.getTypeIds()).mapToInt(Math::toIntExact).toArray());
    }

    @Test
    void aTokenTheVocabularyLacksIsNotDeclared() throws IOException {
        HuggingFaceExport.write(model(Pooling.CLS, 2), HuggingFaceExport.Values.FP32, folder);
        assertThat(json("special_tokens_map.json").has("mask_token")).isFalse();
        assertThat(json("tokenizer.json").get("added_tokens")).hasSize(4);
    }

    @Test
    void aWeightTooLargeForHalvesIsNamed() {
        Model model = model(Pooling.MEAN, 2);
        float[] gamma = new float[24];
        gamma[3] = 7e4f;
        Model large = new Model(model.shape(), model.tokenizer(),
                new Embeddings(model.embeddings().word(), model.embeddings().position(), model.embeddings().tokenType(),
                        new LayerNorm(gamma, gamma)),
                model.layers(), model.head(), model.task(), model.provenance(), List.of());
        assertThatThrownBy(() -> HuggingFaceExport.write(large, HuggingFaceExport.Values.FP16, folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("bert.embeddings.LayerNorm.weight", "70000.0", "fp32");
    }
}
