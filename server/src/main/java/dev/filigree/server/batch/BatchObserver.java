package dev.filigree.server.batch;

/** Is told of batches, on the threads that compute them. Thread-safe, quick, and throws nothing. */
@FunctionalInterface
public interface BatchObserver {
    /** Looks away. */
    BatchObserver NONE = (_, _, _) -> { };

    /**
     * A batch was computed, whether the model answered or failed; answers have been told before.
     *
     * @param texts how many texts it had
     * @param tokens how many tokens they had
     * @param nanos how long it took, in nanoseconds
     */
    void computed(int texts, int tokens, long nanos);
}
