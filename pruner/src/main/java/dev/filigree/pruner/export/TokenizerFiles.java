package dev.filigree.pruner.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.filigree.format.TokenizerSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A BERT tokenizer in Hugging Face's files: {@code vocab.txt} with its settings, and {@code tokenizer.json}, which says the same to the
 * tokenizers library.
 */
final class TokenizerFiles {
    private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();
    private static final String CLS = "[CLS]";
    private static final String SEP = "[SEP]";
    /** Longer words are unknown, as in every BERT tokenizer. */
    private static final int MAX_WORD = 100;

    private final TokenizerSpec spec;
    /** The special tokens that the vocabulary has, by the name of their part; {@code [MASK]} is not in all. */
    private final Map<String, String> special = new LinkedHashMap<>();

    private TokenizerFiles(TokenizerSpec spec) {
        this.spec = spec;
        Stream.of("pad", "unk", "cls", "sep", "mask").forEach(part -> {
            String token = "[" + part.toUpperCase(Locale.ROOT) + "]";
            if (spec.vocabulary().contains(token)) {
                special.put(part + "_token", token);
            }
        });
    }

    static void write(TokenizerSpec spec, Path folder) throws IOException {
        TokenizerFiles files = new TokenizerFiles(spec);
        Files.writeString(folder.resolve("vocab.txt"), String.join("\n", spec.vocabulary()) + "\n");
        Files.write(folder.resolve("special_tokens_map.json"), JSON.writeValueAsBytes(files.special));
        Files.write(folder.resolve("tokenizer_config.json"), JSON.writeValueAsBytes(files.settings()));
        Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(files.pipeline()));
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("tokenizer_class", "BertTokenizer");
        settings.put("do_lower_case", spec.lowerCase());
        settings.put("strip_accents", spec.stripAccents());
        settings.put("tokenize_chinese_chars", spec.splitChinese());
        settings.put("model_max_length", spec.maxTokens());
        settings.putAll(special);
        return settings;
    }

    private Map<String, Object> pipeline() {
        Map<String, Object> pipeline = new LinkedHashMap<>();
        pipeline.put("version", "1.0");
        pipeline.put("truncation", null);
        pipeline.put("padding", null);
        pipeline.put("added_tokens", special.values().stream().map(this::added).toList());
        pipeline.put("normalizer", ordered(
                "type", "BertNormalizer",
                "clean_text", true,
                "handle_chinese_chars", spec.splitChinese(),
                "strip_accents", spec.stripAccents(),
                "lowercase", spec.lowerCase()));
        pipeline.put("pre_tokenizer", Map.of("type", "BertPreTokenizer"));
        pipeline.put("post_processor", ordered(
                "type", "TemplateProcessing",
                "single", List.of(specialPiece(CLS, 0), sequence("A", 0), specialPiece(SEP, 0)),
                "pair", List.of(specialPiece(CLS, 0), sequence("A", 0), specialPiece(SEP, 0), sequence("B", 1), specialPiece(SEP, 1)),
                "special_tokens", ordered(CLS, numbered(CLS), SEP, numbered(SEP))));
        pipeline.put("decoder", ordered("type", "WordPiece", "prefix", "##", "cleanup", true));
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (int id = 0; id < spec.vocabulary().size(); id++) {
            vocabulary.put(spec.vocabulary().get(id), id);
        }
        pipeline.put("model", ordered(
                "type", "WordPiece",
                "unk_token", "[UNK]",
                "continuing_subword_prefix", "##",
                "max_input_chars_per_word", MAX_WORD,
                "vocab", vocabulary));
        return pipeline;
    }

    private Map<String, Object> added(String token) {
        return ordered(
                "id", id(token),
                "content", token,
                "single_word", false,
                "lstrip", false,
                "rstrip", false,
                "normalized", false,
                "special", true);
    }

    private static Map<String, Object> specialPiece(String token, int type) {
        return Map.of("SpecialToken", ordered("id", token, "type_id", type));
    }

    private static Map<String, Object> sequence(String name, int type) {
        return Map.of("Sequence", ordered("id", name, "type_id", type));
    }

    private Map<String, Object> numbered(String token) {
        return ordered("id", token, "ids", List.of(id(token)), "tokens", List.of(token));
    }

    private int id(String token) {
        return spec.vocabulary().indexOf(token);
    }

    /** Keys and values in turn, kept in this order. */
    static Map<String, Object> ordered(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
