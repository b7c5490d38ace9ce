package dev.filigree.pruner.checkpoint;

import java.io.IOException;

/** Something whose state can be kept on disk. Both methods name the same values in the same order. */
public interface Checkpointed {
    /** Keeps no state. */
    Checkpointed NOTHING = new Checkpointed() {
        @Override
        public void save(StateWriter out) {}

        @Override
        public void restore(StateReader in) {}
    };

    /** Writes the state; changes nothing. */
    void save(StateWriter out) throws IOException;

    /**
     * Takes on a state that was saved.
     *
     * @throws IOException if it cannot be read, or is not the state of something alike
     */
    void restore(StateReader in) throws IOException;
}
