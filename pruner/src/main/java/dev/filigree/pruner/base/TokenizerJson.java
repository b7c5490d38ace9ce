package dev.filigree.pruner.base;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.filigree.format.TokenizerSpec;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Reads a BERT WordPiece tokenizer from a Hugging Face {@code tokenizer.json}. Its truncation and padding sections are passed over: they
 * are settings of one use, not of the model.
 */
final class TokenizerJson {
    private static final List<String> SPECIAL_TOKENS = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");

    private final String source;

    private TokenizerJson(String source) {
        this.source = source;
    }

    static TokenizerSpec read(byte[] json, String source, int vocabulary, int maxTokens) throws BaseModelException {
        return new TokenizerJson(source).read(json, vocabulary, maxTokens);
    }

    private TokenizerSpec read(byte[] json, int vocabulary, int maxTokens) throws BaseModelException {
        JsonNode root;
        try {
            root = new JsonMapper().readTree(json);
        } catch (JacksonException e) {
            throw refuse("the file is not JSON (" + e.getOriginalMessage() + ")");
        } catch (IOException e) {
            throw new IllegalStateException("Reading from memory failed.", e);
        }
        JsonNode normalizer = root.path("normalizer");
        require(root, "/model/continuing_subword_prefix", "##");
        require(root, "/model/unk_token", "[UNK]");
        require(root, "/normalizer/type", "BertNormalizer");
        require(root, "/normalizer/clean_text", "true");
        require(root, "/pre_tokenizer/type", "BertPreTokenizer");
        List<String> tokens = tokens(root.path("model").path("vocab"), vocabulary);
        for (JsonNode added : root.path("added_tokens")) {
            int id = added.path("id").asInt(-1);
            if (id < 0 || id >= tokens.size() || !tokens.get(id).equals(added.path("content").asText())) {
                throw refuse("the added token " + added.path("content") + " is not in the vocabulary under its id " + id);
            }
        }
        boolean lowerCase = normalizer.path("lowercase").asBoolean(true);
        // As in BertNormalizer, accents go with the case unless the file says otherwise.
        boolean stripAccents = normalizer.path("strip_accents").asBoolean(lowerCase);
        return new TokenizerSpec(
                tokens, lowerCase, stripAccents, normalizer.path("handle_chinese_chars").asBoolean(true), maxTokens);
    }

    private List<String> tokens(JsonNode vocab, int vocabulary) throws BaseModelException {
        if (vocab.size() != vocabulary) {
            throw refuse("its vocabulary has " + vocab.size() + " tokens where the word embedding has " + vocabulary + " rows");
        }
        String[] tokens = new String[vocabulary];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            int id = entry.getValue().isInt() ? entry.getValue().asInt() : -1;
            if (id < 0 || id >= vocabulary || tokens[id] != null) {
                throw refuse("token '" + entry.getKey() + "' has the id " + entry.getValue() + ", which is taken or out of range");
            }
            tokens[id] = entry.getKey();
        }
        List<String> list = Arrays.asList(tokens);
        for (String special : SPECIAL_TOKENS) {
            if (!list.contains(special)) {
                throw refuse("its vocabulary lacks " + special);
            }
        }
        return list;
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
