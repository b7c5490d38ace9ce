package dev.filigree.runtime.kernel.panel;

/** How a worker passes the time until another one is ready, which takes microseconds: less than parking a thread and waking it again. */
final class Waiting {
    /** Turns, some tens of microseconds altogether, after which the other one may not have a core: then yielding lets it go on. */
    private static final int SPINS = 1000;

    private Waiting() {}

    /** Passes one turn; {@code turn} counts them from 0. */
    static void pass(int turn) {
        if (turn < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    }
}
