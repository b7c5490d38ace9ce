package dev.filigree.pruner.checkpoint;

import java.io.UncheckedIOException;

/** How a phase keeps its progress while it lasts. Used by one thread. */
public interface PhaseCheckpoint {
    /** Keeps nothing. */
    PhaseCheckpoint OFF = new PhaseCheckpoint() {
        @Override
        public boolean resume(Checkpointed progress) {
            return false;
        }

        @Override
        public void offer(Checkpointed progress) {}

        @Override
        public void save(Checkpointed progress) {}
    };

    /**
     * Takes on the progress that a killed run kept in this phase, if it did.
     *
     * @throws UncheckedIOException if what was kept is whole and yet cannot be taken on
     */
    boolean resume(Checkpointed progress);

    /** Keeps the progress if it is time to. A write that fails is logged, and the phase goes on. */
    void offer(Checkpointed progress);

    /** Keeps the progress now. A write that fails is logged, and the phase goes on. */
    void save(Checkpointed progress);
}
