package dev.filigree.server.grpc;

import dev.filigree.server.http.ApiException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.concurrent.TimeUnit;

/** The server's refusals as gRPC tells them. */
final class Statuses {
    /** When a client that tries again by itself may do so (gRPC proposal A6). */
    static final Metadata.Key<String> PUSHBACK = Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private Statuses() {}

    static StatusRuntimeException of(ApiException e) {
        Metadata trailers = new Metadata();
        String seconds = e.headers().get(HttpHeaderNames.RETRY_AFTER);
        if (seconds != null) {
            trailers.put(PUSHBACK, Long.toString(TimeUnit.SECONDS.toMillis(Long.parseLong(seconds))));
        }
        return status(e).withDescription(e.getMessage()).asRuntimeException(trailers);
    }

    private static Status status(ApiException e) {
        return switch (e.status().code()) {
            case 401 -> Status.UNAUTHENTICATED;
            case 404 -> Status.NOT_FOUND;
            case 429 -> Status.RESOURCE_EXHAUSTED;
            case 503 -> Status.UNAVAILABLE;
            case 504 -> Status.DEADLINE_EXCEEDED;
            default -> e.status().code() < 500 ? Status.INVALID_ARGUMENT : Status.INTERNAL;
        };
    }

    /** What HTTP would say. */
    static HttpResponseStatus http(Status status) {
        return switch (status.getCode()) {
            case OK -> HttpResponseStatus.OK;
            case INVALID_ARGUMENT -> HttpResponseStatus.BAD_REQUEST;
            case UNAUTHENTICATED -> HttpResponseStatus.UNAUTHORIZED;
            case NOT_FOUND -> HttpResponseStatus.NOT_FOUND;
            case RESOURCE_EXHAUSTED -> HttpResponseStatus.TOO_MANY_REQUESTS;
            case UNAVAILABLE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
            case DEADLINE_EXCEEDED -> HttpResponseStatus.GATEWAY_TIMEOUT;
            default -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
        };
    }
}
