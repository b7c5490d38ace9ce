package dev.filigree.server.config;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * What the server bears before it refuses.
 *
 * @param bodyBytes longest request body, in bytes; beyond it 413
 * @param bodiesBytes most bytes of bodies that arrive or wait, of all connections together; beyond it 429
 * @param headerBytes longest headers, all together, in bytes; beyond it 431. A request line longer than half of it is refused with 414
 * @param textsPerRequest most inputs in one request; beyond it 400
 * @param charactersPerText longest text, in UTF-16 units; beyond it 400
 * @param queuedRequests most requests that wait to be computed; beyond it 429
 * @param tokensPerBatch most tokens that are computed together, unless one text alone has more; empty for what a model's kernels do best
 *     with, more of which would only take longer
 * @param batchWait how long a request may wait for others to join its batch while other batches are being computed
 * @param connections most connections at a time; further ones are closed at once
 * @param idle how long a connection may stay open without the head of a request, or take to receive an answer
 * @param slow how long a client may take to send a body after its head; beyond it 408, and the connection is closed
 * @param grace how long a stopping server says that it is not ready, but serves as before, so that who sends it requests can turn elsewhere
 * @param drain how long a stopping server waits for requests in flight
 */
public record Limits(
        int bodyBytes,
        long bodiesBytes,
        int headerBytes,
        int textsPerRequest,
        int charactersPerText,
        int queuedRequests,
        OptionalInt tokensPerBatch,
        Duration batchWait,
        int connections,
        Duration idle,
        Duration slow,
        Duration grace,
        Duration drain) {
    /** What holds when nobody says otherwise. */
    public static final Limits DEFAULT = builder().build();

    /** Refuses counts below 1, durations that are not positive, and less for all bodies than for one. */
    public Limits {
        if (bodyBytes < 1 || headerBytes < 1 || textsPerRequest < 1 || charactersPerText < 1 || queuedRequests < 1
                || tokensPerBatch.orElse(1) < 1 || connections < 1 || !idle.isPositive() || !slow.isPositive() || !drain.isPositive()
                || batchWait.isNegative() || grace.isNegative()) {
            throw new IllegalArgumentException("Every limit must be positive.");
        }
        if (bodiesBytes < bodyBytes) {
            throw new IllegalArgumentException("All bodies together must be allowed what one is.");
        }
    }

    /** The defaults, to be changed one by one. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects limits. Not thread-safe. */
    public static final class Builder {
        private int bodyBytes = 1 << 20;
        private long bodiesBytes = Runtime.getRuntime().maxMemory() / 4;
        private int headerBytes = 8 << 10;
        private int textsPerRequest = 256;
        private int charactersPerText = 1 << 20;
        private int queuedRequests = 256;
        private OptionalInt tokensPerBatch = OptionalInt.empty();
        private Duration batchWait = Duration.ZERO;
        private int connections = 4096;
        private Duration idle = Duration.ofSeconds(60);
        private Duration slow = Duration.ofSeconds(60);
        private Duration grace = Duration.ZERO;
        private Duration drain = Duration.ofSeconds(10);

        private Builder() {}

        /** 1 MiB. */
        public Builder bodyBytes(int value) {
            bodyBytes = value;
            return this;
        }

        /** A quarter of the heap: a body takes up to twice its bytes while it arrives. */
        public Builder bodiesBytes(long value) {
            bodiesBytes = value;
            return this;
        }

        /** 8 KiB. */
        public Builder headerBytes(int value) {
            headerBytes = value;
            return this;
        }

        /** 256. */
        public Builder textsPerRequest(int value) {
            textsPerRequest = value;
            return this;
        }

        /** 1,048,576. */
        public Builder charactersPerText(int value) {
            charactersPerText = value;
            return this;
        }

        /** 256. */
        public Builder queuedRequests(int value) {
            queuedRequests = value;
            return this;
        }

        /** Empty: what is best for the model. */
        public Builder tokensPerBatch(OptionalInt value) {
            tokensPerBatch = value;
            return this;
        }

        /** Zero: a worker that is free takes what is there. */
        public Builder batchWait(Duration value) {
            batchWait = value;
            return this;
        }

        /** 4,096. */
        public Builder connections(int value) {
            connections = value;
            return this;
        }

        /** A minute. */
        public Builder idle(Duration value) {
            idle = value;
            return this;
        }

        /** A minute. */
        public Builder slow(Duration value) {
            slow = value;
            return this;
        }

        /** Zero: it stops at once. */
        public Builder grace(Duration value) {
            grace = value;
            return this;
        }

        /** Ten seconds. */
        public Builder drain(Duration value) {
            drain = value;
            return this;
        }

        /** The limits. */
        public Limits build() {
            return new Limits(bodyBytes, bodiesBytes, headerBytes, textsPerRequest, charactersPerText, queuedRequests, tokensPerBatch,
                    batchWait, connections, idle, slow, grace, drain);
        }
    }
}
