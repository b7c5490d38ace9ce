package dev.filigree.runtime.tokenizer;

import java.text.Normalizer;

/**
 * BERT's normalisation in the order of Hugging Face's {@code BertNormalizer}: cleaning, spaces around CJK characters, accent stripping
 * (canonical decomposition without its non-spacing marks), lower-casing character by character. Immutable and thread-safe.
 */
final class BertNormalizer {
    private static final int CAPITAL_I_WITH_DOT = 0x130;
    /** The longest run of marks that is left to the JDK, which puts them in order in time that grows with the square of their number. */
    private static final int LONGEST_RUN = 64;
    /** Has the highest combining class, alone: whatever is no starter goes before it. */
    private static final int LAST_MARK = 0x345;

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

    /**
     * Decomposes between the characters that stay whole and those with long runs of marks. Both begin with a starter, across which nothing
     * is reordered.
     */
    private static StringBuilder decompose(StringBuilder text) {
        StringBuilder decomposed = new StringBuilder(text.length() + 16);
        int start = 0;
        int base = 0;
        int width;
        for (int i = 0; i <= text.length(); i += width) {
            int codePoint = i < text.length() ? text.codePointAt(i) : 0;
            width = Character.charCount(codePoint);
            boolean whole = BertCharacters.isNotDecomposed(codePoint);
            if (isMark(codePoint) && !whole) {
                continue;
            }
            if (i - base > LONGEST_RUN) {
                decomposed.append(decomposed(text.substring(start, base)));
                decomposeMarks(text, base, i, decomposed);
                start = i;
            }
            base = i;
            if (whole) {
                decomposed.append(decomposed(text.substring(start, i))).appendCodePoint(codePoint);
                start = i + width;
                base = start;
            }
        }
        return decomposed.append(decomposed(text.substring(start)));
    }

    /**
     * Decomposes a character and the marks after it, however many, without the non-spacing marks. What is left after a starter is put in
     * order where it may be a word; of more than the longest word's characters nobody asks for the order.
     */
    private static void decomposeMarks(StringBuilder text, int from, int to, StringBuilder decomposed) {
        StringBuilder run = new StringBuilder();
        text.substring(from, to).codePoints().flatMap(whole -> decomposed(Character.toString(whole)).codePoints()).forEach(part -> {
            if (isStarter(part)) {
                decomposed.append(ordered(run)).appendCodePoint(part);
                run.setLength(0);
            } else if (BertCharacters.kind(part) != BertCharacters.MARK) {
                run.appendCodePoint(part);
            }
        });
        decomposed.append(ordered(run));
    }

    private static CharSequence ordered(StringBuilder run) {
        return run.length() > 2 * WordPieceTokenizer.MAX_WORD ? run : decomposed(run.toString());
    }

    /** Whether nothing goes before it, by the JDK's order, which is told of two characters at a time. */
    private static boolean isStarter(int codePoint) {
        if (!isMark(codePoint)) {
            return true;
        }
        String pair = Character.toString(LAST_MARK) + Character.toString(codePoint);
        return codePoint != LAST_MARK && decomposed(pair).equals(pair);
    }

    /** Whether its combining class may be another than 0, a starter's. */
    private static boolean isMark(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK || type == Character.ENCLOSING_MARK;
    }

    private static String decomposed(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFD);
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
