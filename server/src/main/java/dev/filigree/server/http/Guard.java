package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Lets in who knows the token (RFC 6750), or everybody where there is none. Thread-safe.
 *
 * @param token what a client must show
 */
public record Guard(Optional<String> token) {
    /** Lets everybody in. */
    public static final Guard NONE = new Guard(Optional.empty());

    private static final String SCHEME = "Bearer ";

    /** Whether this value of an Authorization header, null when there is none, shows the token. Wrong ones all take the same time. */
    public boolean admits(String authorization) {
        return token.isEmpty() || authorization != null
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && MessageDigest.isEqual(bytes(authorization.substring(SCHEME.length()).strip()), bytes(token.get()));
    }

    void check(Route route, HttpHeaders headers) {
        if (!route.isOpen() && !admits(headers.get(HttpHeaderNames.AUTHORIZATION))) {
            throw ApiException.unauthorized("This server wants the header 'Authorization: Bearer TOKEN' with its token.");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
