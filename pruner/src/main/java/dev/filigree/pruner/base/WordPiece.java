package dev.filigree.pruner.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.filigree.format.TokenizerSpec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A BERT tokenizer as the files of a model describe it.
 *
 * @param source what messages call the file of the vocabulary
 * @param tokens token of each id
 * @param lowerCase whether text is lower-cased
 * @param stripAccents whether accents are removed; if it is not said, they go with the case
 * @param splitChinese whether CJK characters become words of their own
 */
record WordPiece(String source, List<String> tokens, boolean lowerCase, Optional<Boolean> stripAccents, boolean splitChinese) {
    private static final List<String> SPECIAL_TOKENS = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");
    /** A token between the two special ones. */
    private static final int SHORTEST = 3;

    /** Reads a {@code vocab.txt}, a token a line in the order of their ids; the settings are those of the uncased BERT. */
    static WordPiece text(byte[] file, String source) throws BaseModelException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
            return new WordPiece(source, text.lines().toList(), true, Optional.empty(), true);
        } catch (CharacterCodingException e) {
            throw new BaseModelException(source + " is not UTF-8 text: give the vocab.txt of the very model.");
        }
    }

    /** The same vocabulary with what a {@code tokenizer_config.json} says; what it does not say stays. */
    WordPiece with(JsonNode settings) {
        JsonNode strip = settings.path("strip_accents");
        return new WordPiece(
                source,
                tokens,
                settings.path("do_lower_case").asBoolean(lowerCase),
                strip.isMissingNode() ? stripAccents : Optional.of(strip).filter(JsonNode::isBoolean).map(JsonNode::asBoolean),
                settings.path("tokenize_chinese_chars").asBoolean(splitChinese));
    }

    /**
     * The tokenizer, after the checks that a packed file would have to pass.
     *
     * @param rows rows of the word embedding; there may be fewer tokens, since some models pad the embedding
     * @param maxTokens longest sequence
     */
    TokenizerSpec spec(int rows, int maxTokens) throws BaseModelException {
        if (tokens.size() > rows) {
            throw refuse("its vocabulary has " + tokens.size() + " tokens where the word embedding has " + rows + " rows");
        }
        if (maxTokens < SHORTEST) {
            throw refuse("its sequences have at most " + maxTokens + " tokens, too few for any text");
        }
        Set<String> distinct = new HashSet<>();
        for (String token : tokens) {
            if (!distinct.add(token) || token.indexOf('\n') >= 0) {
                throw refuse("its vocabulary has the token '" + token.strip() + "' twice, or with a line feed in it");
            }
        }
        for (String special : SPECIAL_TOKENS) {
            if (!distinct.contains(special)) {
                throw refuse("its vocabulary lacks " + special);
            }
        }
        return new TokenizerSpec(tokens, lowerCase, stripAccents.orElse(lowerCase), splitChinese, maxTokens);
    }

    /** A refusal that names the file. */
    BaseModelException refuse(String what) {
        return new BaseModelException(source + ": " + what + ": give the vocabulary of the very model, a BERT WordPiece tokenizer.");
    }
}
