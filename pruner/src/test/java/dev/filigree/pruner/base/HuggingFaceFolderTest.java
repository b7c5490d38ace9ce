package dev.filigree.pruner.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.filigree.format.Pooling;
import dev.filigree.format.TokenizerSpec;
import dev.filigree.pruner.base.BaseModel.Labels;
import dev.filigree.pruner.base.EncoderWeights.Weight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hugging Face folders with a tiny encoder, in every way that Transformers have saved them. */
class HuggingFaceFolderTest {
    private static final String CONFIG = TinyEncoder.CONFIG;
    private static final String CLASSIFIER = CONFIG.replace("BertModel", "BertForSequenceClassification");
    private static final Map<String, float[]> WEIGHTS = TinyEncoder.weights();
    private static final Predicate<String> ENCODER = name -> !name.startsWith("pooler") && !name.startsWith("classifier");
    private static final Predicate<String> POOLED = name -> !name.startsWith("classifier");

    @TempDir
    Path folder;

    @BeforeEach
    void describe() throws IOException {
        write("config.json", CONFIG);
        write("vocab.txt", TinyEncoder.VOCABULARY);
        write("tokenizer_config.json", "{\"do_lower_case\": true, \"model_max_length\": 1000000000000000019884624838656}");
    }

    @Test
    void anEncoderIsReadAsItWasSaved() throws IOException {
        save(POOLED, name -> name, "F32");
        BaseModel model = BaseModels.folder(folder);
        assertThat(model.name()).isEqualTo(folder.getFileName().toString());
        assertThat(model.shape()).isEqualTo(TinyEncoder.SHAPE);
        assertThat(model.pooling()).isEqualTo(Pooling.POOLER);
        assertThat(model.classifier()).isEmpty();
        assertThat(model.weights()).hasSize(5 + 2 * 16 + 2);
        model.weights().forEach((name, values) -> assertThat(values).as(name).isEqualTo(WEIGHTS.get(name)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert.", "model.", "encoder.bert.", ""})
    void prefixesAndOldNamesMakeNoDifference(String prefix) throws IOException {
        SafetensorsWriter writer = writer(POOLED, name -> prefix + old(name), "F32");
        writer.add(prefix + "embeddings.position_ids", "I64", List.of(1, 9), 0, 1, 2, 3, 4, 5, 6, 7, 8);
        writer.add("cls.predictions.bias", "F32", List.of(11), new float[11]);
        writer.write(folder.resolve("model.safetensors"));
        BaseModel model = BaseModels.folder(folder);
        assertThat(model.weights()).hasSize(5 + 2 * 16 + 2);
        model.weights().forEach((name, values) -> assertThat(values).as(name).isEqualTo(WEIGHTS.get(name)));
    }

    @ParameterizedTest
    @CsvSource({"F16, 1e-3", "BF16, 8e-3"})
    void halfPrecisionIsRoundedOnlyOnce(String dtype, float relative) throws IOException {
        save(ENCODER, name -> name, dtype);
        BaseModel model = BaseModels.folder(folder);
        model.weights().forEach((name, values) -> {
            for (int i = 0; i < values.length; i++) {
                float exact = WEIGHTS.get(name)[i];
                assertThat(Math.abs(values[i] - exact)).as(name).isLessThanOrEqualTo(relative * Math.abs(exact) + 1e-7f);
            }
        });
    }

    @Test
    void shardsAreReadTogether() throws IOException {
        Predicate<String> first = name -> name.contains("layer.0");
        writer(POOLED.and(first), name -> "bert." + name, "F32").write(folder.resolve("model-1.safetensors"));
        writer(POOLED.and(first.negate()), name -> "bert." + name, "F32").write(folder.resolve("model-2.safetensors"));
        StringBuilder map = new StringBuilder();
        for (Weight weight : TinyEncoder.list()) {
            if (POOLED.test(weight.name())) {
                map.append("%s\"bert.%s\": \"model-%d.safetensors\"".formatted(
                        map.isEmpty() ? "" : ", ", weight.name(), first.test(weight.name()) ? 1 : 2));
            }
        }
        write("model.safetensors.index.json", "{\"metadata\": {\"total_size\": 1}, \"weight_map\": {" + map + "}}");
        BaseModel model = BaseModels.folder(folder);
        model.weights().forEach((name, values) -> assertThat(values).as(name).isEqualTo(WEIGHTS.get(name)));

        write("model.safetensors.index.json", "{\"weight_map\": {" + map.toString().replace("model-2", "../model-2") + "}}");
        assertRefused("names a file that is not a safetensors file of its folder");
        write("model.safetensors.index.json", "{\"weight_map\": {" + map.toString().replace("model-2", "model-3") + "}}");
        assertRefused("model-3.safetensors: there is no such file");
        write("model.safetensors.index.json", "{\"weight_map\": {" + map.toString().replace("model-2", "model-1") + "}}");
        assertRefused("and it is not");
    }

    @Test
    void aClassifierComesWithItsLabels() throws IOException {
        save(_ -> true, name -> name.startsWith("classifier") ? name : "bert." + name, "F32");
        write("config.json", CLASSIFIER.replace("\"model_type\"",
                "\"id2label\": {\"0\": \"CONTRADICTION\", \"1\": \"NEUTRAL\", \"2\": \"ENTAILMENT\"}, \"model_type\""));
        BaseModel model = BaseModels.folder(folder);
        assertThat(model.classifier()).contains(new Labels(List.of("CONTRADICTION", "NEUTRAL", "ENTAILMENT"), false));
        assertThat(BaseModels.classifierIn(folder)).isEqualTo(model.classifier());
        assertThat(model.pooling()).isEqualTo(Pooling.POOLER);
        assertThat(model.weights().get("classifier.weight")).isEqualTo(WEIGHTS.get("classifier.weight"));
        assertThat(model.weights().get("classifier.bias")).isEqualTo(WEIGHTS.get("classifier.bias"));
    }

    @Test
    void headsThatAreNoTextClassifiersAreLeftOut() throws IOException {
        save(_ -> true, name -> name.startsWith("classifier") ? name : "bert." + name, "F32");
        write("config.json", CONFIG.replace("BertModel", "BertForTokenClassification"));
        assertThat(BaseModels.folder(folder).classifier()).isEmpty();
        write("config.json", CLASSIFIER.replace("\"model_type\"", "\"problem_type\": \"multi_label_classification\", \"model_type\""));
        assertThat(BaseModels.folder(folder).weights()).doesNotContainKey("classifier.weight");
    }

    @Test
    void oneOutputIsARegression() throws IOException {
        write("config.json", CLASSIFIER.replace("\"model_type\"", "\"id2label\": {\"0\": \"LABEL_0\"}, \"model_type\""));
        assertThat(BaseModels.classifierIn(folder)).contains(new Labels(List.of("LABEL_0"), true));
        write("config.json", CLASSIFIER);
        assertThat(BaseModels.classifierIn(folder)).contains(new Labels(List.of("LABEL_0", "LABEL_1"), false));
    }

    @Test
    void sentenceEncodersSayHowTheyArePooled() throws IOException {
        save(POOLED, name -> name, "F32");
        Files.createDirectory(folder.resolve("1_Pooling"));
        write("1_Pooling/config.json", "{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true}");
        assertThat(BaseModels.folder(folder).pooling()).isEqualTo(Pooling.MEAN);
        write("1_Pooling/config.json", "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        assertThat(BaseModels.folder(folder).pooling()).isEqualTo(Pooling.CLS);
        assertThat(BaseModels.folder(folder).weights()).hasSize(5 + 2 * 16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "\"model_type\": \"bert\" | \"model_type\": \"roberta\" | says model_type \"roberta\", and Filigree computes \"bert\" only",
        "\"model_type\": \"bert\" | \"model_type\": \"distilbert\" | says model_type \"distilbert\"",
        "\"model_type\": \"bert\", | '' | says model_type nowhere",
        "\"gelu\" | \"gelu_new\" | says hidden_act \"gelu_new\", and Filigree computes \"gelu\" only",
        "\"gelu\" | \"relu\" | says hidden_act \"relu\"",
        "absolute | relative_key | says position_embedding_type \"relative_key\"",
        "\"hidden_act\" | \"is_decoder\": true, \"hidden_act\" | says is_decoder true",
        "\"num_attention_heads\": 2 | \"num_attention_heads\": 3 | Hidden width 8 is not divisible by 3 heads",
        "\"hidden_size\": 8 | \"hidden_size\": -8 | has no positive hidden_size",
        "\"hidden_size\": 8 | \"hidden_size\": \"8\" | has no positive hidden_size",
        "\"vocab_size\": 11 | \"vocab_size\": 12 | word_embeddings.weight has the shape [11, 8] where config.json asks for [12, 8]",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | weight encoder.layer.2.attention.self.query.weight is missing",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | has no place in the encoder that config.json describes",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 2000000000 | asks for 2000000000 layers and there are 39 weights",
        "BertModel | BertForSequenceClassification | has 0 weights named classifier.weight",
        "1e-12 | 0 | The LayerNorm epsilon must be positive",
        "\"hidden_act\" | \"hidden_act\": 1, \"hidden_act\" | is not JSON",
    })
    void whatIsNoBertIsRefused(String from, String to, String words) throws IOException {
        save(POOLED, name -> name, "F32");
        assertThat(CONFIG).contains(from);
        write("config.json", CONFIG.replace(from, to));
        assertRefused(words);
    }

    @Test
    void missingFilesAreNamed() throws IOException {
        assertRefused("holds neither model.safetensors nor model.safetensors.index.json");
        Files.delete(folder.resolve("vocab.txt"));
        assertRefused("holds neither tokenizer.json nor vocab.txt");
        Files.delete(folder.resolve("config.json"));
        assertRefused("There is no file " + folder.resolve("config.json"));
    }

    @Test
    void theTokenizerFollowsItsSettings() throws IOException {
        assertThat(tokenizer("{}")).isEqualTo(new TokenizerSpec(
                List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d", "##e", "##f"), true, true, true, 9));
        assertThat(tokenizer("{\"do_lower_case\": false}")).extracting(TokenizerSpec::lowerCase, TokenizerSpec::stripAccents)
                .containsExactly(false, false);
        assertThat(tokenizer("{\"do_lower_case\": true, \"strip_accents\": false}").stripAccents()).isFalse();
        assertThat(tokenizer("{\"do_lower_case\": false, \"strip_accents\": true}").stripAccents()).isTrue();
        assertThat(tokenizer("{\"tokenize_chinese_chars\": false}").splitChinese()).isFalse();
        assertThat(tokenizer("{\"model_max_length\": 5}").maxTokens()).isEqualTo(5);
        Files.delete(folder.resolve("tokenizer_config.json"));
        assertThat(HuggingFaceTokenizer.read(folder, TinyEncoder.SHAPE).maxTokens()).isEqualTo(9);
    }

    @Test
    void settingsStandOverTokenizerJson() throws IOException {
        write("tokenizer.json", """
                {"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": false,
                                "lowercase": false},
                 "pre_tokenizer": {"type": "BertPreTokenizer"},
                 "model": {"unk_token": "[UNK]", "continuing_subword_prefix": "##",
                           "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "x": 4}}}
                """);
        assertThat(tokenizer("{}")).isEqualTo(new TokenizerSpec(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "x"), false, false, true, 9));
        assertThat(tokenizer("{\"do_lower_case\": true, \"strip_accents\": null}"))
                .extracting(TokenizerSpec::lowerCase, TokenizerSpec::stripAccents).containsExactly(true, true);
        assertThat(tokenizer("{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}").lowerCase()).isFalse();
    }

    @Test
    void otherTokenizersAreRefused() throws IOException {
        assertTokenizerRefused("{\"tokenizer_class\": \"BertJapaneseTokenizer\"}", "asks for a BertJapaneseTokenizer");
        assertTokenizerRefused("{\"do_basic_tokenize\": false}", "without its basic tokenizer");
        assertTokenizerRefused("{\"model_max_length\": 2}", "at most 2 tokens");
        assertTokenizerRefused("{\"added_tokens_decoder\": {\"10\": {\"content\": \"<user>\"}}}", "added token '<user>'");
        write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n");
        assertTokenizerRefused("{}", "the token 'a' twice");
        write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\na\n");
        assertTokenizerRefused("{}", "lacks [SEP]");
        write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n1\n2\n3\n4\n5\n6\n7\n8\n");
        assertTokenizerRefused("{}", "12 tokens where the word embedding has 11 rows");
        Files.write(folder.resolve("vocab.txt"), new byte[] {'a', (byte) 0xc3, '\n'});
        assertTokenizerRefused("{}", "is not UTF-8 text");
    }

    private TokenizerSpec tokenizer(String settings) throws IOException {
        write("tokenizer_config.json", settings);
        return HuggingFaceTokenizer.read(folder, TinyEncoder.SHAPE);
    }

    private void assertTokenizerRefused(String settings, String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> tokenizer(settings))
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }

    private void assertRefused(String words) {
        assertThatExceptionOfType(BaseModelException.class)
                .isThrownBy(() -> BaseModels.folder(folder))
                .withMessageContaining(words)
                .withMessageEndingWith(".");
    }

    private static String old(String name) {
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    }

    private void save(Predicate<String> which, UnaryOperator<String> rename, String dtype) throws IOException {
        writer(which, rename, dtype).write(folder.resolve("model.safetensors"));
    }

    private static SafetensorsWriter writer(Predicate<String> which, UnaryOperator<String> rename, String dtype) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (Weight weight : TinyEncoder.list()) {
            if (which.test(weight.name())) {
                writer.add(rename.apply(weight.name()), dtype, weight.dims(), WEIGHTS.get(weight.name()));
            }
        }
        return writer;
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }
}
