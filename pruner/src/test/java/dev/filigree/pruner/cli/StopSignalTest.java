package dev.filigree.pruner.cli;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StopSignalTest {
    /** As a library does that knows better. */
    @Test
    @Timeout(60)
    void aThreadThatSwallowsAnInterruptIsInterruptedAgain() throws InterruptedException {
        Thread stopping;
        try (StopSignal signal = new StopSignal()) {
            stopping = Thread.ofPlatform().start(signal::stop);
            for (int i = 0; i < 2; i++) {
                assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> new CountDownLatch(1).await());
            }
        }
        while (stopping.isAlive()) {
            try {
                stopping.join();
            } catch (InterruptedException e) {
                // The last of them may come after the signal was closed.
                continue;
            }
        }
        Thread.interrupted();
    }
}
