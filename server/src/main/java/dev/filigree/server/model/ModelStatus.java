package dev.filigree.server.model;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A model as it stands at a moment.
 *
 * @param name the name under which it is served
 * @param file the file that it is loaded from; none when it was made in memory
 * @param state where it stands
 * @param loaded the version that answers, if one does
 * @param lastError why its file was refused when it was last loaded; none when it was taken
 */
public record ModelStatus(String name, Optional<Path> file, ModelState state, Optional<Loaded> loaded, Optional<String> lastError) {
    /**
     * A version that answers.
     *
     * @param facts what it is
     * @param at when it was loaded
     */
    public record Loaded(ModelFacts facts, Instant at) {}
}
