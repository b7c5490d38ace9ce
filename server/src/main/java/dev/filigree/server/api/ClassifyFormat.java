package dev.filigree.server.api;

import dev.filigree.server.http.Answer;
import dev.filigree.server.http.ApiException;
import dev.filigree.server.http.Request;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Arrays;
import java.util.List;

/** How the bodies of {@code POST /v1/classify} are written. */
enum ClassifyFormat {
    /** JSON. */
    JSON(Answer.JSON) {
        @Override
        ClassifyRequest parse(byte[] body) {
            return ClassifyRequest.parse(body);
        }

        @Override
        Answer answer(ClassifyResponse response) {
            return Answer.of(HttpResponseStatus.OK, mediaType(), ClassifyJson.write(response));
        }
    },
    /** Protobuf. */
    PROTOBUF("application/x-protobuf") {
        @Override
        ClassifyRequest parse(byte[] body) {
            return ClassifyProtobuf.parse(body);
        }

        @Override
        Answer answer(ClassifyResponse response) {
            return Answer.of(HttpResponseStatus.OK, mediaType(), ClassifyProtobuf.write(response));
        }
    };

    private final String mediaType;

    ClassifyFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    /** Every media type, the one first that a body without a type has. */
    static String[] mediaTypes() {
        return Arrays.stream(values()).map(ClassifyFormat::mediaType).toArray(String[]::new);
    }

    String mediaType() {
        return mediaType;
    }

    /**
     * Reads a request.
     *
     * @throws ApiException when the body is not one
     */
    abstract ClassifyRequest parse(byte[] body);

    /** Writes an answer. */
    abstract Answer answer(ClassifyResponse response);

    /** What the body of a request is. */
    static ClassifyFormat of(Request request) {
        return request.mediaType().filter(PROTOBUF.mediaType::equalsIgnoreCase).isPresent() ? PROTOBUF : JSON;
    }

    /** What its answer shall be: what the client likes best by its Accept headers, or like the body when it likes both as well. */
    static ClassifyFormat wanted(Request request) {
        List<String> accepted = request.headers().getAll(HttpHeaderNames.ACCEPT);
        ClassifyFormat like = of(request);
        ClassifyFormat other = like == JSON ? PROTOBUF : JSON;
        return MediaRange.quality(accepted, other.mediaType) > MediaRange.quality(accepted, like.mediaType) ? other : like;
    }
}
