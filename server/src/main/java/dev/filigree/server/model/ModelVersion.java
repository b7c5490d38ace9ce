package dev.filigree.server.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** A model as loaded once: over when it has been retired and its last lease is back. Thread-safe. */
final class ModelVersion {
    private final TextClassifier classifier;
    private final Instant loadedAt = Instant.now();
    private final Consumer<ModelVersion> over;
    private final CountDownLatch back = new CountDownLatch(1);
    /** One for each lease, and one until it is retired. */
    private final AtomicInteger holds = new AtomicInteger(1);

    /**
     * A version in use.
     *
     * @param over told once that it is over, on the thread that gave the last lease back or retired it; it must be quick
     */
    ModelVersion(TextClassifier classifier, Consumer<ModelVersion> over) {
        this.classifier = classifier;
        this.over = over;
    }

    TextClassifier classifier() {
        return classifier;
    }

    Instant loadedAt() {
        return loadedAt;
    }

    /** A lease, unless it is over. */
    Optional<ModelLease> lease(String name) {
        int before = holds.getAndUpdate(count -> count == 0 ? 0 : count + 1);
        return before == 0 ? Optional.empty() : Optional.of(new ModelLease(name, this));
    }

    /** Gives a lease back. */
    void release() {
        if (holds.decrementAndGet() == 0) {
            back.countDown();
            over.accept(this);
        }
    }

    /** It is not the current version any more. To be called once. */
    void retire() {
        release();
    }

    /** Waits until it has been retired and its leases are back, and says whether they are. */
    boolean awaitOver(Duration atMost) {
        try {
            return back.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
