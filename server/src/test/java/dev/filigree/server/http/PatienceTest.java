package dev.filigree.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private final MockTicker clock = Ticker.newMockTicker();
    private final EmbeddedChannel channel = EmbeddedChannel.builder().ticker(clock).build();
    private final AtomicInteger lost = new AtomicInteger();
    private final Patience patience = new Patience(channel.eventLoop(), clock, lost::incrementAndGet);

    /** How often patience was lost by the end of so much more time. */
    private int lostAfter(int seconds) {
        for (int second = 0; second < seconds; second++) {
            clock.advanceMillis(1000);
            channel.runScheduledPendingTasks();
        }
        return lost.get();
    }

    private void limit(int seconds) {
        patience.limit(Duration.ofSeconds(seconds));
    }

    @Test
    void eachLimitIsLostOnce() {
        limit(5);
        assertThat(lostAfter(4)).isZero();
        assertThat(lostAfter(1)).isEqualTo(1);
        assertThat(lostAfter(20)).isEqualTo(1);
        limit(5);
        assertThat(lostAfter(4)).isEqualTo(1);
        assertThat(lostAfter(1)).isEqualTo(2);
    }

    @Test
    void aNewLimitTakesTheOldOnesPlace() {
        limit(5);
        assertThat(lostAfter(3)).isZero();
        limit(10);
        assertThat(lostAfter(9)).isZero();
        assertThat(lostAfter(1)).as("a later one").isEqualTo(1);
        limit(60);
        limit(2);
        assertThat(lostAfter(1)).isEqualTo(1);
        assertThat(lostAfter(1)).as("an earlier one").isEqualTo(2);
        assertThat(lostAfter(100)).isEqualTo(2);
    }

    @Test
    void withoutALimitNothingIsLost() {
        limit(5);
        patience.unlimit();
        assertThat(lostAfter(20)).isZero();
        limit(5);
        assertThat(lostAfter(5)).isEqualTo(1);
    }

    @Test
    void aLimitMaySetTheNext() {
        Patience[] chain = new Patience[1];
        chain[0] = new Patience(channel.eventLoop(), clock, () -> {
            lost.incrementAndGet();
            chain[0].limit(Duration.ofSeconds(2));
        });
        chain[0].limit(Duration.ofSeconds(2));
        assertThat(lostAfter(6)).isEqualTo(3);
    }

    @Test
    void afterItsEndNoTimerIsLeft() {
        limit(5);
        patience.end();
        assertThat(channel.runScheduledPendingTasks()).as("when the next timer is due").isEqualTo(-1);
        limit(5);
        assertThat(lostAfter(5)).isEqualTo(1);
    }
}
