package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The tokenizer from the manifest and its vocabulary payload. */
final class TokenizerDecoder {
    private static final List<String> SPECIAL_TOKENS = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");
    /** {@code [CLS]}, one token, {@code [SEP]}. */
    private static final int SHORTEST_SEQUENCE = 3;

    private final Source source;
    private final PayloadTable payloads;

    TokenizerDecoder(Source source, PayloadTable payloads) {
        this.source = source;
        this.payloads = payloads;
    }

    TokenizerSpec decode(FiligreeProto.Tokenizer tokenizer, EncoderShape shape) throws ModelFormatException {
        int maxTokens = tokenizer.getMaxTokens();
        if (maxTokens < SHORTEST_SEQUENCE || maxTokens > shape.maxPositions()) {
            throw source.refuse(Refusal.BAD_SEQUENCE_LENGTH, "the longest sequence has " + Integer.toUnsignedString(maxTokens)
                    + " tokens; it must have between " + SHORTEST_SEQUENCE
                    + " and the " + shape.maxPositions() + " of the position embedding.");
        }
        return new TokenizerSpec(
                vocabulary(tokenizer, shape),
                tokenizer.getLowerCase(),
                tokenizer.getStripAccents(),
                tokenizer.getSplitChinese(),
                maxTokens);
    }

    private List<String> vocabulary(FiligreeProto.Tokenizer tokenizer, EncoderShape shape) throws ModelFormatException {
        byte[] bytes = payloads.take(tokenizer.getVocabulary(), "the vocabulary").toArray(ValueLayout.JAVA_BYTE);
        long stated = Integer.toUnsignedLong(tokenizer.getTokens());
        long lines = 1;
        for (byte b : bytes) {
            lines += b == '\n' ? 1 : 0;
        }
        if (lines != stated || lines > shape.vocabulary()) {
            throw source.refuse(Refusal.BAD_VOCABULARY, "the vocabulary has " + lines + " tokens where the manifest says " + stated
                    + " and the word embedding has " + shape.vocabulary() + " rows.");
        }
        List<String> tokens;
        try {
            tokens = Arrays.asList(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().split("\n", -1));
        } catch (CharacterCodingException e) {
            throw source.refuse(Refusal.BAD_VOCABULARY, "the vocabulary is not valid UTF-8.", e);
        }
        Set<String> seen = HashSet.newHashSet(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            if (!seen.add(tokens.get(id))) {
                throw source.refuse(
                        Refusal.DUPLICATE_TOKEN, "the token '" + tokens.get(id) + "' is in the vocabulary again with id " + id + ".");
            }
        }
        for (String special : SPECIAL_TOKENS) {
            if (!seen.contains(special)) {
                throw source.refuse(Refusal.MISSING_SPECIAL_TOKEN, "the vocabulary has no token " + special + ".");
            }
        }
        return tokens;
    }
}
