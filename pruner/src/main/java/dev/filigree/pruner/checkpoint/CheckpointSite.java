package dev.filigree.pruner.checkpoint;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Where and how a run keeps checkpoints.
 *
 * @param folder of the run alone
 * @param identity settings and data of the run, in every file
 * @param interval least time between two pieces of progress
 * @param storage operations on files
 * @param clock nanoseconds
 */
record CheckpointSite(Path folder, Map<String, String> identity, Duration interval, Storage storage, LongSupplier clock) {
    Path resolve(CheckpointName name) {
        return folder.resolve(name.toString());
    }
}
