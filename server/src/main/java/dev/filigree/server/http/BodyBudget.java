package dev.filigree.server.http;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the bodies of requests and the messages of gRPC may take, of all connections together. The limits of a body and of the
 * queue alone would not bound it: bodies that are still arriving stand in no queue, and there may be one for each connection, and a hundred
 * in HTTP/2. Thread-safe.
 */
public final class BodyBudget {
    private final long mostBytes;
    private final AtomicLong bytes = new AtomicLong();

    /** A budget of so many bytes. */
    public BodyBudget(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    /** What one body takes of it, nothing at first. */
    public Share share() {
        return new Share();
    }

    /** How much is taken. */
    public long taken() {
        return bytes.get();
    }

    private boolean take(int more) {
        long before = bytes.getAndUpdate(now -> now + more <= mostBytes ? now + more : now);
        return before + more <= mostBytes;
    }

    /** What one body takes: given back when all who hold it have let it go, one at first. It grows on one thread, before others get it. */
    public final class Share {
        private final AtomicInteger holders = new AtomicInteger(1);
        private int taken;

        private Share() {}

        /** Takes more for it, and says whether there was that much; else nothing is taken. */
        public boolean grow(int more) {
            boolean fits = take(more);
            taken += fits ? more : 0;
            return fits;
        }

        /** One more holds it. */
        public void hold() {
            holders.incrementAndGet();
        }

        /** One of those who hold it lets it go. */
        public void letGo() {
            if (holders.decrementAndGet() == 0) {
                bytes.addAndGet(-taken);
            }
        }
    }
}
