package dev.filigree.server.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/** Is told what goes on, on event loops. Thread-safe, quick, and throws nothing. */
public interface HttpObserver {
    /**
     * A request that was answered.
     *
     * @param id its name
     * @param protocol {@code HTTP/1.1}, {@code HTTP/1.0}, {@code HTTP/2} or {@code gRPC}
     * @param method its method
     * @param target what stood in its request line
     * @param template the path template of its route; {@code none} when it had no route
     * @param headers its headers
     * @param requestBytes bytes of its body that were read
     * @param answer what it was answered with; of a gRPC call the status that HTTP would have, without its body
     * @param responseBytes bytes of the answer's body
     * @param nanos from the arrival of its head to the writing of the answer, in nanoseconds
     */
    record Exchange(
            String id,
            String protocol,
            HttpMethod method,
            String target,
            String template,
            HttpHeaders headers,
            int requestBytes,
            Answer answer,
            int responseBytes,
            long nanos) {}

    /** A connection was opened. */
    default void opened() {}

    /** A connection that was opened was closed. */
    default void closed() {}

    /** A connection was closed at once since there are too many. */
    default void turnedAway() {}

    /** A request was answered. */
    default void answered(Exchange exchange) {}

    /** A client left while its request was computed. */
    default void departed() {}
}
