package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A request that has arrived whole.
 *
 * @param method its method
 * @param variables what stands in the path where the route's template has a {@code {name}}, undecoded
 * @param headers its headers
 * @param body its body, perhaps empty
 * @param id names it in logs and in the answer
 * @param received {@link System#nanoTime} when its head was read
 * @param deadline {@link System#nanoTime} after which the answer is of no use
 * @param lendsThread whether the thread that asks may be kept for some milliseconds: nobody else waits for it
 */
public record Request(
        HttpMethod method,
        Map<String, String> variables,
        HttpHeaders headers,
        byte[] body,
        String id,
        long received,
        OptionalLong deadline,
        boolean lendsThread) {
    /** The media type of the body without its parameters, if the client says. */
    public Optional<String> mediaType() {
        String given = headers.get(HttpHeaderNames.CONTENT_TYPE);
        return Optional.ofNullable(given == null ? null : HttpUtil.getMimeType(given)).map(type -> type.toString().strip());
    }
}
