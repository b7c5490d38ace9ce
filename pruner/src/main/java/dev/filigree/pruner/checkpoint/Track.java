package dev.filigree.pruner.checkpoint;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Phases that change one thing, one after the other: the outcome of each stands in for all before it. The same program names the same
 * phases in the same order each time it runs. Not thread-safe.
 */
public final class Track {
    private final String name;
    private final Optional<TrackFiles> files;
    private final SequencedMap<String, Long> nanoseconds = new LinkedHashMap<>();
    private int next = 1;

    Track(String name, Optional<TrackFiles> files) {
        this.name = name;
        this.files = files;
    }

    /** The work of a phase. */
    @FunctionalInterface
    public interface Work {
        /** Does it, from where the checkpoint {@linkplain PhaseCheckpoint#resume takes it up}. */
        void run(PhaseCheckpoint checkpoint) throws IOException, InterruptedException;
    }

    /**
     * Does a phase and keeps its outcome; or takes on the outcome that an earlier run kept; or does nothing, where that run kept the
     * outcome of a later phase.
     *
     * @param phase unique in the track
     * @param outcome all that the phase changes
     * @throws IOException if the work throws it, or a kept outcome cannot be taken on
     */
    public void phase(String phase, Checkpointed outcome, Work work) throws IOException, InterruptedException {
        int index = next++;
        if (nanoseconds.containsKey(phase)) {
            throw new IllegalArgumentException("The track " + name + " has two phases called '" + phase + "'.");
        }
        if (files.isEmpty()) {
            long start = System.nanoTime();
            work.run(PhaseCheckpoint.OFF);
            nanoseconds.put(phase, System.nanoTime() - start);
            return;
        }
        Optional<Long> kept = files.get().kept(index, phase);
        if (kept.isPresent()) {
            nanoseconds.put(phase, kept.get());
            files.get().takeOn(index, outcome);
        } else {
            TrackFiles.Progress progress = files.get().begin(index, phase, nanoseconds);
            work.run(progress);
            nanoseconds.put(phase, progress.nanoseconds());
            progress.finish(outcome);
        }
    }

    /** Wall time of each phase so far, in order, that before a restart included. */
    public SequencedMap<String, Long> nanoseconds() {
        return Collections.unmodifiableSequencedMap(nanoseconds);
    }
}
