package dev.filigree.runtime.kernel.cuda;

import java.util.ArrayDeque;
import java.util.Deque;

/** What must be freed, freed in the reverse order. One that fails does not keep the others. Not thread-safe. */
final class Resources implements AutoCloseable {
    private final Deque<Runnable> frees = new ArrayDeque<>();

    /** Adds how to free what was just made. */
    void add(Runnable free) {
        frees.push(free);
    }

    /** Frees everything, then throws the first failure. Closing again does nothing. */
    @Override
    public void close() {
        RuntimeException failure = null;
        while (!frees.isEmpty()) {
            try {
                frees.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Frees everything after a failure, which keeps what fails on the way. */
    void closeAfter(Throwable failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }
}
