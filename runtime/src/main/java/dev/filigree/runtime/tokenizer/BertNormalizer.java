package dev.filigree.runtime.tokenizer;

import java.text.Normalizer;

/**
 * BERT's normalisation in the order of Hugging Face's {@code BertNormalizer}: cleaning, spaces around CJK characters, accent stripping
 * (canonical decomposition without its non-spacing marks), lower-casing character by character. Immutable and thread-safe.
 */
final class BertNormalizer {
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    private final boolean lowerCase;
    private final boolean stripAccents;
    private final boolean splitChinese;

    BertNormalizer(boolean lowerCase, boolean stripAccents, boolean splitChinese) {
        this.lowerCase = lowerCase;
        this.stripAccents = stripAccents;
        this.splitChinese = splitChinese;
    }

    /** Normalises a part of a text. Every white space character of the result is of kind {@link BertCharacters#SPACE}. */
    StringBuilder normalize(String text, int from, int to) {
        StringBuilder cleaned = new StringBuilder(to - from + 16);
        boolean ascii = true;
        int width;
        for (int i = from; i < to; i += width) {
            int c = text.charAt(i);
            if (c < 0x80) {
                width = 1;
                cleanAscii((char) c, cleaned);
            } else {
                c = text.codePointAt(i);
                width = Character.charCount(c);
                ascii = false;
                clean(c, cleaned);
            }
        }
        if (ascii) {
            return cleaned;
        }
        return fold(stripAccents ? decompose(cleaned) : cleaned);
    }

    /** ASCII characters have no accents, so that they can be lower-cased at once. */
    private void cleanAscii(char c, StringBuilder to) {
        switch (BertCharacters.kind(c)) {
            case BertCharacters.DROPPED -> { }
            case BertCharacters.SPACE -> to.append(' ');
            default -> to.append(lowerCase && c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
        }
    }

    private void clean(int codePoint, StringBuilder to) {
        switch (BertCharacters.kind(codePoint)) {
            case BertCharacters.DROPPED -> { }
            case BertCharacters.SPACE -> to.append(' ');
            case BertCharacters.CJK -> {
                if (splitChinese) {
                    to.append(' ').appendCodePoint(codePoint).append(' ');
                } else {
                    to.appendCodePoint(codePoint);
                }
            }
            default -> to.appendCodePoint(codePoint);
        }
    }

    /** Decomposes between the characters that stay whole; these are starters, across which nothing is reordered. */
    private static StringBuilder decompose(StringBuilder text) {
        StringBuilder decomposed = new StringBuilder(text.length() + 16);
        int start = 0;
        int width;
        for (int i = 0; i < text.length(); i += width) {
            int codePoint = text.codePointAt(i);
            width = Character.charCount(codePoint);
            if (BertCharacters.isNotDecomposed(codePoint)) {
                decomposed.append(Normalizer.normalize(text.subSequence(start, i), Normalizer.Form.NFD)).appendCodePoint(codePoint);
                start = i + width;
            }
        }
        return decomposed.append(Normalizer.normalize(text.subSequence(start, text.length()), Normalizer.Form.NFD));
    }

    private StringBuilder fold(StringBuilder text) {
        StringBuilder folded = new StringBuilder(text.length() + 16);
        int width;
        for (int i = 0; i < text.length(); i += width) {
            int codePoint = text.codePointAt(i);
            width = Character.charCount(codePoint);
            if (stripAccents && BertCharacters.kind(codePoint) == BertCharacters.MARK) {
                continue;
            }
            if (!lowerCase) {
                folded.appendCodePoint(codePoint);
            } else if (codePoint == CAPITAL_I_WITH_DOT) {
                // The one character whose lower case is two, whatever the language.
                folded.append("i\u0307");
            } else {
                folded.appendCodePoint(Character.toLowerCase(codePoint));
            }
        }
        return folded;
    }
}
