package dev.filigree.server;

import java.time.Duration;

/**
 * What the server bears before it refuses. Bodies that wait take at most {@code bodyBytes × queuedRequests} bytes of heap.
 *
 * @param bodyBytes longest request body, in bytes; beyond it 413
 * @param textsPerRequest most inputs in one request; beyond it 400
 * @param queuedRequests most requests that wait to be computed, at least 1; beyond it 429
 * @param tokensPerBatch most tokens that are computed together, unless one text alone has more
 * @param patience how long a connection may take to send one whole request, counted from its opening or its last answer, or to take one
 *     answer; beyond it the connection is closed, after a 408 when the request had begun
 * @param drain how long {@link ClassificationServer#close} waits for requests in flight
 */
public record Limits(int bodyBytes, int textsPerRequest, int queuedRequests, int tokensPerBatch, Duration patience, Duration drain) {
    /** 1 MiB, 256 inputs, 256 waiting requests, 2048 tokens in a batch, 60 s of patience, 10 s to drain. */
    public static final Limits DEFAULT = new Limits(1 << 20, 256, 256, 2048, Duration.ofSeconds(60), Duration.ofSeconds(10));

    /** Refuses counts below 1 and durations that are not positive. */
    public Limits {
        if (bodyBytes < 1 || textsPerRequest < 1 || queuedRequests < 1 || tokensPerBatch < 1
                || !patience.isPositive() || !drain.isPositive()) {
            throw new IllegalArgumentException("Every limit must be positive.");
        }
    }
}
