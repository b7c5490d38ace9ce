package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpRequest;
import java.time.Duration;
import java.util.Optional;

/** The header with which a client says how long its answer is of use. */
final class RequestTimeout {
    static final String HEADER = "X-Request-Timeout-Ms";

    private static final int DIGITS = 9;

    private RequestTimeout() {}

    /**
     * How long from the arrival of the head on, if the client says.
     *
     * @throws ApiException when it says something else than a positive number of milliseconds
     */
    static Optional<Duration> of(HttpRequest head) {
        String value = head.headers().get(HEADER);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.matches("[0-9]{1," + DIGITS + "}") || Integer.parseInt(value) == 0) {
            throw ApiException.badRequest(
                    "bad_timeout", "The header " + HEADER + " must be a number of milliseconds from 1 to 999999999, not '" + value + "'.");
        }
        return Optional.of(Duration.ofMillis(Integer.parseInt(value)));
    }
}
