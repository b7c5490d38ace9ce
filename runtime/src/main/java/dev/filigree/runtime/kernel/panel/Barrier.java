package dev.filigree.runtime.kernel.panel;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where the workers of one call meet between stages. It spins, then yields: stages take microseconds, less than parking a thread. What
 * a worker wrote before {@link #await} is seen by all after it.
 */
public final class Barrier {
    private static final int SPINS = 2000;

    private final int parties;
    private final AtomicInteger arrived = new AtomicInteger();
    private volatile int phase;
    private volatile boolean broken;

    public Barrier(int parties) {
        this.parties = parties;
    }

    /**
     * Waits for the others.
     *
     * @throws BrokenException when one of them failed and will not come
     */
    public void await() {
        int current = phase;
        if (arrived.incrementAndGet() == parties) {
            arrived.set(0);
            phase = current + 1;
            return;
        }
        for (int spins = 0; phase == current; spins++) {
            if (broken) {
                throw new BrokenException();
            }
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Sends everybody home: the caller of this failed. */
    void abandon() {
        broken = true;
    }

    /** Another worker failed; its own exception says why. */
    public static final class BrokenException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
