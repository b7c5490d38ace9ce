package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a BERT WordPiece tokenizer from a Hugging Face {@code tokenizer.json}. Its truncation and padding sections are passed over: they
 * are settings of one use, not of the model.
 */
final class TokenizerJson {
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
