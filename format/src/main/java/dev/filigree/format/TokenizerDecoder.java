package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto;
import java.lang.foreign.ValueLayout;
import java.util.List;

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

    private Vocabulary vocabulary(FiligreeProto.Tokenizer tokenizer, EncoderShape shape) throws ModelFormatException {
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
        Vocabulary vocabulary = Vocabulary.ofLines(bytes, (int) lines);
        if (!vocabulary.isUtf8()) {
            throw source.refuse(Refusal.BAD_VOCABULARY, "the vocabulary is not valid UTF-8.");
        }
        int repeated = vocabulary.firstRepeated();
        if (repeated >= 0) {
            throw source.refuse(Refusal.DUPLICATE_TOKEN, "the token with id " + repeated + " is in the vocabulary before, with id "
                    + vocabulary.indexOf(vocabulary.get(repeated)) + ".");
        }
        for (String special : SPECIAL_TOKENS) {
            if (!vocabulary.contains(special)) {
                throw source.refuse(Refusal.MISSING_SPECIAL_TOKEN, "the vocabulary has no token " + special + ".");
            }
        }
        return vocabulary;
    }
}
