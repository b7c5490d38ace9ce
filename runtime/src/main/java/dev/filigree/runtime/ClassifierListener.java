package dev.filigree.runtime;

/**
 * Is told of every call on a {@link Classifier} or an {@link Encoder}, on the thread that made it (for an asynchronous call the
 * executor's), before the caller has the answer. It is called by many threads at once. What it throws is logged and does not reach the
 * caller. It may use the model and even close it.
 */
public interface ClassifierListener {
    /** A call was answered. */
    default void completed(CallTimings call) {}

    /**
     * A call failed.
     *
     * @param texts texts or pairs it was about
     * @param why what the caller is thrown
     */
    default void failed(int texts, RuntimeException why) {}
}
