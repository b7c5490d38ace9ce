package dev.filigree.pruner.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and SIGTERM into an interrupt of the thread that works, and holds the process until that thread has left native code and
 * cleaned up: PyTorch may crash when the process ends under it, and what is half-written would stay behind under its temporary name.
 */
public final class StopSignal implements AutoCloseable {
    /** Longer than any single training step. */
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook;

    /** Watches for the calling thread until {@link #close}. */
    public StopSignal() {
        Thread watched = Thread.currentThread();
        this.hook = Thread.ofPlatform().name("filigree-stop").unstarted(() -> {
            watched.interrupt();
            try {
                ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
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
