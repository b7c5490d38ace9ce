package dev.filigree.format;

import dev.filigree.format.proto.FiligreeProto.Tokenizer;
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

    TokenizerSpec decode(WireMessage tokenizer, EncoderShape shape) throws ModelFormatException {
        int maxTokens = tokenizer.uint32(Tokenizer.MAX_TOKENS_FIELD_NUMBER);
        if (maxTokens < SHORTEST_SEQUENCE || maxTokens > shape.maxPositions()) {
            throw source.refuse(Refusal.BAD_SEQUENCE_LENGTH, "the longest sequence has " + Integer.toUnsignedString(maxTokens)
                    + " tokens; it must have between " + SHORTEST_SEQUENCE
                    + " and the " + shape.maxPositions() + " of the position embedding.");
        }
        return new TokenizerSpec(
                vocabulary(tokenizer, shape),
                tokenizer.bool(Tokenizer.LOWER_CASE_FIELD_NUMBER),
                tokenizer.bool(Tokenizer.STRIP_ACCENTS_FIELD_NUMBER),
                tokenizer.bool(Tokenizer.SPLIT_CHINESE_FIELD_NUMBER),
                maxTokens);
    }

    private Vocabulary vocabulary(WireMessage tokenizer, EncoderShape shape) throws ModelFormatException {
        byte[] bytes = LittleEndian.bytesOf(payloads.take(tokenizer.uint32(Tokenizer.VOCABULARY_FIELD_NUMBER), "the vocabulary"));
        long stated = Integer.toUnsignedLong(tokenizer.uint32(Tokenizer.TOKENS_FIELD_NUMBER));
        int tokens = (int) Math.min(stated, Math.min(shape.vocabulary(), bytes.length + 1L));
        tokenizer.spend((long) tokens * Integer.BYTES + (long) TokenTable.places(tokens) * Long.BYTES);
        int[] ends = new int[tokens];
        int lines = Vocabulary.lines(bytes, ends);
        if (lines == Vocabulary.NOT_UTF8) {
            throw source.refuse(Refusal.BAD_VOCABULARY, "the vocabulary is not valid UTF-8.");
        }
        if (lines != stated || lines > shape.vocabulary()) {
            throw source.refuse(Refusal.BAD_VOCABULARY, "the vocabulary has " + lines + " tokens where the manifest says " + stated
                    + " and the word embedding has " + shape.vocabulary() + " rows.");
        }
        Vocabulary vocabulary = new Vocabulary(bytes, ends);
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
