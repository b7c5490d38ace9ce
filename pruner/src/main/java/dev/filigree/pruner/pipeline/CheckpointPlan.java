package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.Checkpoints;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Where a run keeps its state, so that it can be killed at any moment and started again.
 *
 * @param folder of this run alone, or nothing for a run that starts over when it was killed
 * @param interval least time between two checkpoints of a phase that trains; see {@link Checkpoints#in}
 */
public record CheckpointPlan(Optional<Path> folder, Duration interval) {
    /** Nothing is kept. */
    public static final CheckpointPlan NONE = new CheckpointPlan(Optional.empty(), Duration.ZERO);

    /** Checks the interval. */
    public CheckpointPlan {
        if (interval.isNegative()) {
            throw new IllegalArgumentException("The time between checkpoints must not be negative.");
        }
    }

    Checkpoints open(Map<String, String> identity) throws IOException {
        return folder.isPresent() ? Checkpoints.in(folder.get(), identity, interval) : Checkpoints.off();
    }
}
