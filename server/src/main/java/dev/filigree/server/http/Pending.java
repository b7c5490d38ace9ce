package dev.filigree.server.http;

/** An answer that is under way. Thread-safe; both calls may come at any time, more than once, and after the answer. */
public interface Pending {
    /** Nothing is under way, or nothing of it can be stopped. */
    Pending NOTHING = new Pending() {
        @Override
        public void cancel() {}

        @Override
        public void expire() {}
    };

    /** Nobody wants the answer any more: what has not begun is not computed, and no answer is given. */
    void cancel();

    /** The request's deadline has passed: what has not begun is not computed, and that is the answer. */
    void expire();
}
