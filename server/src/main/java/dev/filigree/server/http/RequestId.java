package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/** Names a request in logs and answers. */
public final class RequestId {
    /** Name of the header. */
    public static final String HEADER = "X-Request-Id";

    private static final Pattern FIT = Pattern.compile("[\\x21-\\x7e]{1,128}");

    private RequestId() {}

    /** The client's name for its request, when it is fit for a log line, or a new one. */
    public static String of(HttpHeaders headers) {
        String given = headers.get(HEADER);
        return given != null && FIT.matcher(given).matches()
                ? given
                : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
