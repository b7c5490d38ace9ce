package dev.filigree.runtime.kernel.panel;

import java.util.concurrent.atomic.AtomicInteger;

/** Where the workers of a round meet between stages. What a worker wrote before {@link #await} is seen by all after it. */
public final class Barrier {
    /** The barrier of a worker that is alone. */
    public static final Barrier NONE = new Barrier(1);

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
        if (parties == 1) {
            return;
        }
        int current = phase;
        if (arrived.incrementAndGet() == parties) {
            arrived.set(0);
            phase = current + 1;
            return;
        }
        for (int turn = 0; phase == current; turn++) {
            if (broken) {
                throw new BrokenException();
            }
            Waiting.pass(turn);
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
