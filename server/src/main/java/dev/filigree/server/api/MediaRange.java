package dev.filigree.server.api;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an Accept header says of some media types (RFC 9110, 12.5.1).
 *
 * @param range a media type, a type with any subtype, or any type, in lower case
 * @param quality how welcome it is, from 0 (not at all) to 1
 */
record MediaRange(String range, double quality) {
    private static final Pattern QUALITY = Pattern.compile(";\\s*q\\s*=\\s*([01](?:\\.\\d{0,3})?)", Pattern.CASE_INSENSITIVE);

    /** How welcome a media type is: by the range that says most about it, 1 when no header says anything, 0 when none names it. */
    static double quality(List<String> accepted, String mediaType) {
        if (accepted.isEmpty()) {
            return 1;
        }
        return accepted.stream()
                .flatMap(header -> Arrays.stream(header.split(",")))
                .map(MediaRange::parse)
                .filter(range -> range.covers(mediaType))
                .max(Comparator.comparingInt(range -> range.range.replace("*", "").length()))
                .map(MediaRange::quality)
                .orElse(0.0);
    }

    private static MediaRange parse(String text) {
        Matcher quality = QUALITY.matcher(text);
        return new MediaRange(
                text.split(";", 2)[0].strip().toLowerCase(Locale.ROOT),
                quality.find() ? Double.parseDouble(quality.group(1)) : 1);
    }

    private boolean covers(String mediaType) {
        return range.equals("*/*")
                || range.equals(mediaType)
                || range.endsWith("/*") && mediaType.startsWith(range.substring(0, range.length() - 1));
    }
}
