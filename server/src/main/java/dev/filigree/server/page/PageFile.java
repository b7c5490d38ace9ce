package dev.filigree.server.page;

import dev.filigree.server.http.Answer;
import dev.filigree.server.http.Request;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/**
 * A file of the page.
 *
 * @param mediaType what it is
 * @param bytes its content
 * @param headers what every answer with it says: how browsers may keep it, and what the page may do
 */
record PageFile(String mediaType, byte[] bytes, Map<CharSequence, String> headers) {
    /**
     * Nothing but what this server gives, and no script or style inside a document: whatever text a model or a user brings in, it can
     * neither run nor send anything elsewhere.
     */
    private static final String POLICY = String.join("; ",
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'");
    private static final int TAG_BYTES = 16;

    /** Reads one from the class path. */
    static PageFile read(String name) {
        try (InputStream file = PageFile.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("The file '" + name + "' of the web page is missing in this build of the server.");
            }
            byte[] bytes = file.readAllBytes();
            return new PageFile(mediaType(name), bytes, Map.of(
                    HttpHeaderNames.ETAG, tag(bytes),
                    // Kept, but asked for again each time: a page of one version must never meet a module of another.
                    HttpHeaderNames.CACHE_CONTROL, "no-cache",
                    HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY,
                    "X-Content-Type-Options", "nosniff",
                    "Referrer-Policy", "no-referrer",
                    "Cross-Origin-Resource-Policy", "same-origin"));
        } catch (IOException e) {
            throw new UncheckedIOException("The file '" + name + "' of the web page cannot be read.", e);
        }
    }

    private static String mediaType(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> "text/html; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalArgumentException("No media type is known for '" + name + "'.");
        };
    }

    /** A name of the content: two files have the same only if they are the same. */
    private static String tag(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return '"' + HexFormat.of().formatHex(digest, 0, TAG_BYTES) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }

    /** The file, or that the client has it already (RFC 9110, 13.1.2). */
    Answer answer(Request request) {
        boolean known = request.headers().getAll(HttpHeaderNames.IF_NONE_MATCH).stream()
                .flatMap(tags -> Arrays.stream(tags.split(",")))
                .map(tag -> tag.strip().replaceFirst("^W/", ""))
                .anyMatch(tag -> tag.equals("*") || tag.equals(headers.get(HttpHeaderNames.ETAG)));
        return Answer.of(known ? HttpResponseStatus.NOT_MODIFIED : HttpResponseStatus.OK, mediaType, bytes).with(headers);
    }
}
