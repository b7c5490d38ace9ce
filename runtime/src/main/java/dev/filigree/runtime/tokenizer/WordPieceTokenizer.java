package dev.filigree.runtime.tokenizer;

import dev.filigree.format.TokenizerSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The BERT tokenizer: cleaning, CJK and punctuation splitting, lower-casing and accent stripping, then greedy longest-match-first
 * WordPiece (Devlin et al. 2019). Its token ids equal those of Hugging Face's Rust tokenizer, including what that one does with special
 * tokens: {@code [SEP]}, {@code [MASK]} and their like, spelled out in a text, are recognised there as the tokens they name. Immutable
 * and thread-safe.
 */
public final class WordPieceTokenizer {
    /** Words of more code points than this become {@code [UNK]}. */
    public static final int MAX_WORD = 100;
    /** The smallest {@code maxTokens}: the special tokens of a pair. */
    public static final int MIN_TOKENS = 3;

    /** Tokens recognised in the raw text, as far as the vocabulary holds them. */
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

    private final int maxTokens;
    private final BertNormalizer normalizer;
    private final TokenizerSpec spec;
    private final String[] special;
    private final int[] specialIds;
    private final int unknown;
    private final int start;
    private final int separator;

    /**
     * Prepares to tokenize.
     *
     * @throws IllegalArgumentException when the vocabulary lacks {@code [UNK]}, {@code [CLS]} or {@code [SEP]}, or the longest sequence is
     *     under {@link #MIN_TOKENS} tokens
     */
    public WordPieceTokenizer(TokenizerSpec spec) {
        if (spec.maxTokens() < MIN_TOKENS) {
            throw new IllegalArgumentException("The longest sequence must be of at least " + MIN_TOKENS + " tokens, not " + spec.maxTokens()
                    + ": a pair takes as many special tokens.");
        }
        List<String> vocabulary = spec.vocabulary();
        maxTokens = spec.maxTokens();
        normalizer = new BertNormalizer(spec.lowerCase(), spec.stripAccents(), spec.splitChinese());
        this.spec = spec;
        List<String> known = new ArrayList<>(SPECIAL);
        known.retainAll(vocabulary);
        special = known.toArray(new String[0]);
        specialIds = new int[special.length];
        for (int i = 0; i < special.length; i++) {
            specialIds[i] = vocabulary.indexOf(special[i]);
        }
        unknown = require(vocabulary, "[UNK]");
        start = require(vocabulary, "[CLS]");
        separator = require(vocabulary, "[SEP]");
    }

    /** Makes the tables that all tokenizers share. Without it, the first text takes longer. */
    public static void prepare() {
        BertCharacters.kind(0);
    }

    private static int require(List<String> vocabulary, String token) {
        int id = vocabulary.indexOf(token);
        if (id < 0) {
            throw new IllegalArgumentException("The vocabulary lacks " + token + ": it is not a BERT vocabulary.");
        }
        return id;
    }

    /** Tokenizes one text, truncated to the longest sequence. Unpaired surrogates are dropped. */
    public TokenizedText encode(String text) {
        IntList tokens = tokens(text);
        int budget = maxTokens - 2;
        boolean truncated = tokens.size() > budget;
        tokens.truncate(budget);
        int[] ids = new int[tokens.size() + 2];
        ids[0] = start;
        tokens.copyTo(ids, 1);
        ids[ids.length - 1] = separator;
        return new TokenizedText(ids, new int[ids.length], truncated);
    }

    /**
     * Tokenizes a pair. When both together are too long, the longer text loses tokens until they fit or both are equally long, then both
     * lose them in turn ({@code longest_first}); an odd last token stays with the text that was longer, or the second of two equally long.
     */
    public TokenizedText encode(String first, String second) {
        IntList a = tokens(first);
        IntList b = tokens(second);
        int budget = maxTokens - 3;
        boolean truncated = a.size() + b.size() > budget;
        if (truncated) {
            int shorter = Math.min(Math.min(a.size(), b.size()), budget / 2);
            if (a.size() > b.size()) {
                a.truncate(budget - shorter);
                b.truncate(shorter);
            } else {
                a.truncate(shorter);
                b.truncate(budget - shorter);
            }
        }
        int[] ids = new int[a.size() + b.size() + 3];
        int[] types = new int[ids.length];
        int secondStart = a.size() + 2;
        ids[0] = start;
        a.copyTo(ids, 1);
        ids[secondStart - 1] = separator;
        b.copyTo(ids, secondStart);
        ids[ids.length - 1] = separator;
        Arrays.fill(types, secondStart, types.length, 1);
        return new TokenizedText(ids, types, truncated);
    }

    /** Tokens of a text without the ones that frame it. */
    private IntList tokens(String text) {
        IntList ids = new IntList();
        Pieces pieces = new Pieces(spec);
        int plain = 0;
        for (int i = text.indexOf('['); i >= 0; i = text.indexOf('[', i)) {
            int which = specialAt(text, i);
            if (which < 0) {
                i++;
            } else {
                addWords(text, plain, i, pieces, ids);
                ids.add(specialIds[which]);
                i += special[which].length();
                plain = i;
            }
        }
        addWords(text, plain, text.length(), pieces, ids);
        return ids;
    }

    private int specialAt(String text, int index) {
        for (int i = 0; i < special.length; i++) {
            if (text.startsWith(special[i], index)) {
                return i;
            }
        }
        return -1;
    }

    /** Splits normalised text at white space and around every punctuation character. */
    private void addWords(String text, int from, int to, Pieces pieces, IntList ids) {
        StringBuilder normalized = normalizer.normalize(text, from, to);
        int length = normalized.length();
        int word = 0;
        int width;
        for (int i = 0; i < length; i += width) {
            int codePoint = normalized.charAt(i);
            width = 1;
            if (codePoint >= Character.MIN_SURROGATE) {
                codePoint = normalized.codePointAt(i);
                width = Character.charCount(codePoint);
            }
            byte kind = BertCharacters.kind(codePoint);
            if (kind == BertCharacters.SPACE) {
                addWord(normalized, word, i, pieces, ids);
                word = i + width;
            } else if (kind == BertCharacters.PUNCTUATION) {
                addWord(normalized, word, i, pieces, ids);
                word = i + width;
                addWord(normalized, i, word, pieces, ids);
            }
        }
        addWord(normalized, word, length, pieces, ids);
    }

    private void addWord(StringBuilder text, int from, int to, Pieces pieces, IntList ids) {
        boolean tooLong = to - from > MAX_WORD && text.codePointCount(from, to) > MAX_WORD;
        if (tooLong || !pieces.split(text, from, to, ids)) {
            ids.add(unknown);
        }
    }
}
