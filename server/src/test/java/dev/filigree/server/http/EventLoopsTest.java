package dev.filigree.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When event loops let things gather. */
@Timeout(60)
class EventLoopsTest {
    @Test
    void underOverloadALoopPausesBeforeItLooksForMore() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (EventLoops loops = new EventLoops(Transport.best(), () -> asked.incrementAndGet() > 0)) {
            EventLoop loop = loops.next();
            long start = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                int before = asked.get();
                loop.submit(() -> { }).get();
                while (asked.get() == before) {
                    // It has not gone round yet.
                    Thread.onSpinWait();
                }
            }
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}
