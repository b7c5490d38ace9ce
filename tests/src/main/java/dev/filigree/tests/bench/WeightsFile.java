package dev.filigree.tests.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A packed file and the name it has in tables.
 *
 * @param name short
 * @param path of the file
 */
record WeightsFile(String name, Path path) {
    private static final Pattern NAMED = Pattern.compile("([\\w.:@+-]+)=(.+)");
    private static final String SUFFIX = ".filigree";

    /** Reads {@code NAME=PATH}, or {@code PATH}, whose name is that of the file without its suffix. */
    static WeightsFile parse(String argument) {
        Matcher named = NAMED.matcher(argument);
        if (named.matches() && !Files.exists(Path.of(argument))) {
            return new WeightsFile(named.group(1), Path.of(named.group(2)));
        }
        Path path = Path.of(argument);
        String file = String.valueOf(path.getFileName());
        return new WeightsFile(file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file, path);
    }
}
