package dev.filigree.tests.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The work of one call.
 *
 * @param batch texts, at least 1
 * @param seq tokens in each, at least 2
 */
public record CaseShape(int batch, int seq) {
    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,5})x(\\d{1,5})");

    /** Checks the numbers. */
    public CaseShape {
        if (batch < 1 || seq < 2) {
            throw new IllegalArgumentException("A case has at least 1 text of at least 2 tokens, not " + batch + "x" + seq + ".");
        }
    }

    /**
     * Reads {@code BATCHxSEQ}.
     *
     * @throws IllegalArgumentException when it is not so written
     */
    public static CaseShape parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no case: write texts x tokens, for example 8x128.");
        }
        return new CaseShape(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    /** Reads the option's values. */
    static final class Converter implements ITypeConverter<CaseShape> {
        @Override
        public CaseShape convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Override
    public String toString() {
        return batch + "x" + seq;
    }
}
