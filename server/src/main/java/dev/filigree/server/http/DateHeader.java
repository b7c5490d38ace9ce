package dev.filigree.server.http;

import io.netty.handler.codec.DateFormatter;
import java.time.InstantSource;
import java.util.Date;
import java.util.concurrent.TimeUnit;

/** What the Date header says (RFC 9110, 6.6.1): made once a second, since a calendar costs more than all other headers. Thread-safe. */
final class DateHeader {
    private final InstantSource clock;
    private volatile Written last = new Written(Long.MIN_VALUE, "");

    private record Written(long second, String text) {}

    DateHeader(InstantSource clock) {
        this.clock = clock;
    }

    String now() {
        long millis = clock.millis();
        long second = TimeUnit.MILLISECONDS.toSeconds(millis);
        Written now = last;
        if (now.second != second) {
            now = new Written(second, DateFormatter.format(new Date(millis)));
            last = now;
        }
        return now.text;
    }
}
