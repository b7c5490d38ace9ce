package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Optional;
import java.util.regex.Pattern;

/** The trace that a request belongs to (W3C Trace Context): passed on to the log and the answer as it came. */
public final class TraceContext {
    /** Name of the header. */
    public static final String HEADER = "traceparent";

    private static final Pattern VALID = Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private TraceContext() {}

    /** The header's value, if there is one and it is valid. */
    public static Optional<String> of(HttpHeaders headers) {
        return Optional.ofNullable(headers.get(HEADER)).filter(value -> VALID.matcher(value).matches());
    }
}
