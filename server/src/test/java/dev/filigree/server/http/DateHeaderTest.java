package dev.filigree.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the Date header says. */
class DateHeaderTest {
    @Test
    void isThatOfTheSecondAndNotOfTheOneBefore() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("1994-11-06T08:49:37.001Z"));
        DateHeader date = new DateHeader(now::get);
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        now.set(Instant.parse("1994-11-06T08:49:37.999Z"));
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        now.set(Instant.parse("1994-11-06T08:49:38Z"));
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:38 GMT");
    }
}
