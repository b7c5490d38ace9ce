package dev.filigree.pruner.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a checkpoint's file.
 *
 * @param track lower-case letters
 * @param phase its place in the track, from 1
 * @param progress number of the progress in that phase, from 1, or 0 for the phase's outcome
 */
record CheckpointName(String track, int phase, int progress) {
    private static final Pattern FORM = Pattern.compile("([a-z]+)-([1-9]\\d{0,8})(?:\\.([1-9]\\d{0,8}))?\\.checkpoint");

    CheckpointName {
        if (!FORM.matcher(text(track, phase, progress)).matches()) {
            throw new IllegalArgumentException("'" + track + "' names no track: use lower-case letters.");
        }
    }

    static Optional<CheckpointName> of(Path file) {
        Matcher match = FORM.matcher(file.getFileName().toString());
        if (!match.matches()) {
            return Optional.empty();
        }
        int progress = match.group(3) == null ? 0 : Integer.parseInt(match.group(3));
        return Optional.of(new CheckpointName(match.group(1), Integer.parseInt(match.group(2)), progress));
    }

    @Override
    public String toString() {
        return text(track, phase, progress);
    }

    private static String text(String track, int phase, int progress) {
        return track + "-" + phase + (progress == 0 ? "" : "." + progress) + ".checkpoint";
    }
}
