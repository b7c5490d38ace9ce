package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.runtime.tokenizer.WordPieceTokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * Reads a BERT WordPiece tokenizer from a Hugging Face {@code tokenizer.json}. Its truncation and padding sections are passed over: they
 * are settings of one use, not of the model.
 */
final class TokenizerJson {
    /** What stands around a text and around a pair, each with its token type. */
    private static final Map<String, String> TEMPLATES =
            Map.of("single", "[CLS]:0 A:0 [SEP]:0", "pair", "[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1");

    private final String source;

    private TokenizerJson(String source) {
        this.source = source;
    }

    static WordPiece read(byte[] json, String source) throws BaseModelException {
        return new TokenizerJson(source).read(JsonFile.parse(json, source));
    }

    private WordPiece read(JsonNode root) throws BaseModelException {
        JsonNode normalizer = root.path("normalizer");
        require(root, "/model/continuing_subword_prefix", "##");
        require(root, "/model/unk_token", "[UNK]");
        require(root, "/normalizer/type", "BertNormalizer");
        require(root, "/normalizer/clean_text", "true");
        require(root, "/pre_tokenizer/type", "BertPreTokenizer");
        requireLimit(root.at("/model/max_input_chars_per_word"));
        requireTemplate(root.path("post_processor"));
        List<String> tokens = tokens(root.path("model").path("vocab"));
        for (JsonNode added : root.path("added_tokens")) {
            int id = added.path("id").asInt(-1);
            if (id < 0 || id >= tokens.size() || !tokens.get(id).equals(added.path("content").asText())) {
                throw refuse("the added token " + added.path("content") + " is not in the vocabulary under its id " + id);
            }
        }
        return new WordPiece(
                source,
                tokens,
                normalizer.path("lowercase").asBoolean(true),
                Optional.of(normalizer.path("strip_accents")).filter(JsonNode::isBoolean).map(JsonNode::asBoolean),
                normalizer.path("handle_chinese_chars").asBoolean(true));
    }

    private List<String> tokens(JsonNode vocab) throws BaseModelException {
        String[] tokens = new String[vocab.size()];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            int id = entry.getValue().isInt() ? entry.getValue().asInt() : -1;
            if (id < 0 || id >= tokens.length || tokens[id] != null) {
                throw refuse("token '" + entry.getKey() + "' has the id " + entry.getValue() + ", which is taken or out of range");
            }
            tokens[id] = entry.getKey();
        }
        return List.of(tokens);
    }

    private void requireLimit(JsonNode limit) throws BaseModelException {
        if (limit.asInt(WordPieceTokenizer.MAX_WORD) != WordPieceTokenizer.MAX_WORD) {
            throw refuse("words of more than " + limit + " characters are unknown to it, where those of a BERT tokenizer have up to "
                    + WordPieceTokenizer.MAX_WORD);
        }
    }

    /** A template that puts other tokens around a text, or gives them other types, has the model see another input than ours. */
    private void requireTemplate(JsonNode processor) throws BaseModelException {
        if (processor.path("type").asText().equals("TemplateProcessing")) {
            for (Map.Entry<String, String> template : TEMPLATES.entrySet()) {
                StringJoiner found = new StringJoiner(" ");
                for (JsonNode piece : processor.path(template.getKey())) {
                    for (JsonNode content : piece) {
                        found.add(content.path("id").asText() + ":" + content.path("type_id").asInt());
                    }
                }
                if (!found.toString().equals(template.getValue())) {
                    throw refuse("/post_processor/" + template.getKey() + " is " + found + " where a BERT tokenizer has "
                            + template.getValue());
                }
            }
        }
    }

    private void require(JsonNode root, String pointer, String expected) throws BaseModelException {
        JsonNode value = root.at(pointer);
        if (!value.asText().equals(expected)) {
            throw refuse(pointer + " is " + (value.isMissingNode() ? "missing" : value) + " where a BERT tokenizer has " + expected);
        }
    }

    private BaseModelException refuse(String what) {
        return new BaseModelException(source + ": " + what + ": give the tokenizer.json of the very model, a BERT WordPiece tokenizer.");
    }
}
