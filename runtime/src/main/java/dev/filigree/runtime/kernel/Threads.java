package dev.filigree.runtime.kernel;

import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The threads that a program may compute with.
 *
 * @param count threads that one call may use, its own among them, and that all calls together use unless more are in flight; at least 1
 * @param executor where the threads beside the callers' own come from; empty for threads that the program starts and ends itself
 */
public record Threads(int count, Optional<Executor> executor) {
    /** Checks the count. */
    public Threads {
        if (count < 1) {
            throw new IllegalArgumentException("A model needs at least one thread, not " + count + ".");
        }
    }

    /** So many, of the program's own. */
    public static Threads own(int count) {
        return new Threads(count, Optional.empty());
    }
}
