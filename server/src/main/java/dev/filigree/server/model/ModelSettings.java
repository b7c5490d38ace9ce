package dev.filigree.server.model;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What to serve, and how.
 *
 * @param files model files by the name they are served under
 * @param folder every {@code *.filigree} in it is served as well, under its name without that ending
 * @param watch how often to look for files that are new, changed or gone; zero for never
 * @param provider kernel provider, {@code auto} for the fastest
 * @param threads threads one call may use, at least 1
 * @param warmUpCalls how often a model is asked something before it serves
 */
public record ModelSettings(
        Map<String, Path> files, Optional<Path> folder, Duration watch, String provider, int threads, int warmUpCalls) {
    /** How often files are looked at unless said otherwise. */
    public static final Duration DEFAULT_WATCH = Duration.ofSeconds(10);
    /** How often a model is asked something before it serves, unless said otherwise. */
    public static final int DEFAULT_WARM_UP_CALLS = 20;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

    /** Copies the files, in their order. */
    public ModelSettings {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
        files.keySet().stream().filter(name -> !isName(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException("A model cannot be named '" + name + "'.");
        });
        if (watch.isNegative() || threads < 1 || warmUpCalls < 0) {
            throw new IllegalArgumentException("The watch and the warm-up calls must not be negative, and the threads at least one.");
        }
    }

    /** Some files, never looked at again, with the fastest kernels, one thread a call, and no warm-up. */
    public static ModelSettings of(Map<String, Path> files) {
        return new ModelSettings(files, Optional.empty(), Duration.ZERO, "auto", 1, 0);
    }

    /** Whether a model may have this name: letters, digits, dots, underscores and hyphens, which stand in a URL as they are. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** The files by name, those of the folder behind the others. */
    Map<String, Path> allFiles() throws IOException {
        Map<String, Path> all = new LinkedHashMap<>(files);
        if (folder.isPresent()) {
            for (Map.Entry<String, Path> file : ModelFolder.list(folder.get()).entrySet()) {
                if (!isName(file.getKey())) {
                    throw new IOException(ModelFolder.unfit(file.getValue()));
                }
                Path other = all.putIfAbsent(file.getKey(), file.getValue());
                if (other != null) {
                    throw new IOException("Two models are named '" + file.getKey() + "': " + other + " and " + file.getValue()
                            + "; name or rename one of them otherwise.");
                }
            }
        }
        if (all.isEmpty()) {
            throw new IOException("There is no model to serve" + folder.map(at -> ": no *.filigree lies in " + at).orElse("") + ".");
        }
        return all;
    }
}
