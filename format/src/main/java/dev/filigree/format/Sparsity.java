package dev.filigree.format;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A sparsity {@code N:M@V}: of every M consecutive inputs N are kept, and V consecutive (stored) output rows share the choice.
 *
 * <p>{@link #DENSE} keeps everything. {@code 2:4@1} is what GPU sparse tensor cores run, {@code 2:4@16} what CPU vector units like.
 *
 * @param n inputs kept of each group, {@code 1 <= n <= m}
 * @param m inputs in a group, {@code 1 <= m <= 32}
 * @param v output rows that share one pattern, {@code 1 <= v <= 64}
 */
public record Sparsity(int n, int m, int v) {
    /** The largest group of inputs: a pattern is a bit mask in one {@code int}. */
    public static final int MAX_M = 32;
    /** The largest number of rows in a pattern block. */
    public static final int MAX_V = 64;
    /** Every input kept. */
    public static final Sparsity DENSE = new Sparsity(1, 1, 1);

    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,3}):(\\d{1,3})(?:@(\\d{1,3}))?");

    /** Checks the three numbers. */
    public Sparsity {
        if (m < 1 || m > MAX_M) {
            throw new IllegalArgumentException("Sparsity " + n + ":" + m + "@" + v + ": M must be between 1 and " + MAX_M + ".");
        }
        if (n < 1 || n > m) {
            throw new IllegalArgumentException("Sparsity " + n + ":" + m + "@" + v + ": N must be between 1 and M.");
        }
        if (v < 1 || v > MAX_V) {
            throw new IllegalArgumentException("Sparsity " + n + ":" + m + "@" + v + ": V must be between 1 and " + MAX_V + ".");
        }
        if (n == m && (m != 1 || v != 1)) {
            throw new IllegalArgumentException("Sparsity " + n + ":" + m + "@" + v + " keeps every weight: write dense.");
        }
    }

    /**
     * Reads {@code dense}, {@code N:M} (V = 1) or {@code N:M@V}.
     *
     * @throws IllegalArgumentException with a sentence for the user when the text is none of these
     */
    public static Sparsity parse(String text) {
        if (text.equalsIgnoreCase("dense")) {
            return DENSE;
        }
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no sparsity: write dense or N:M@V, for example 2:4@16.");
        }
        int v = matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3));
        return new Sparsity(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), v);
    }

    /** Whether every weight is kept. */
    public boolean isDense() {
        return n == m;
    }

    /** Groups of M inputs in a row of {@code columns} inputs; the last may be short. */
    public int groups(int columns) {
        return Math.ceilDiv(columns, m);
    }

    /** Blocks of V rows among {@code rows} rows; the last may be short. */
    public int blockRows(int rows) {
        return Math.ceilDiv(rows, v);
    }

    /** Values stored for each row of {@code columns} inputs: N for each group, the short last group included. */
    public int keptPerRow(int columns) {
        return Math.multiplyExact(groups(columns), n);
    }

    /** How many patterns there are: C(M, N). */
    public long patternCount() {
        return PatternSet.count(n, m);
    }

    /**
     * All patterns, masks of M bits with N ones, rising as unsigned numbers.
     *
     * @throws IllegalStateException when there are more than 65,536, too many to list (8:16 has 12,870, 16:32 has 601 million)
     */
    public int[] patterns() {
        if (patternCount() > PatternSet.MAX_IMPLIED) {
            throw new IllegalStateException(this + " has " + patternCount() + " patterns, too many to list.");
        }
        return PatternSet.complete(n, m);
    }

    @Override
    public String toString() {
        return isDense() ? "dense" : n + ":" + m + "@" + v;
    }
}
