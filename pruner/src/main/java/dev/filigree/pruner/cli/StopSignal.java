package dev.filigree.pruner.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and SIGTERM into an interrupt of the thread that works, and holds the process until that thread has left native code and
 * cleaned up: PyTorch may crash when the process ends under it, and what is half-written would stay behind under its temporary name.
 */
public final class StopSignal implements AutoCloseable {
    /** Longer than any single training step. */
    private static final int PATIENCE_SECONDS = 30;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread watched = Thread.currentThread();
    private final Thread hook = Thread.ofPlatform().name("filigree-stop").unstarted(this::stop);

    /** Watches for the calling thread until {@link #close}. */
    public StopSignal() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Interrupts the thread again each second until it has ended: a library may swallow an interrupt. */
    void stop() {
        try {
            int seconds = 0;
            do {
                watched.interrupt();
                seconds++;
            } while (!ended.await(1, TimeUnit.SECONDS) && seconds < PATIENCE_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyStopping) {
            // The hook is running and has just been let go.
            return;
        }
    }
}
