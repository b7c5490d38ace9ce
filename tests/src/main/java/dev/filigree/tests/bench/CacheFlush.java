package dev.filigree.tests.bench;

/** Empties the processor's caches of whatever was in them, by writing through more memory than they hold. Used by one thread at a time. */
public final class CacheFlush {
    /** A shared last level may be larger than what a virtual machine is told of. */
    private static final int TIMES_LARGEST = 2;
    private static final int LARGEST_BUFFER = 1 << 29;
    private static final int STEP = Long.BYTES;

    private final long[] buffer;
    private long value;

    /** Takes a buffer larger than the caches of this machine. */
    public CacheFlush() {
        this(Math.min(TIMES_LARGEST * MachineFacts.largestCacheBytes(), LARGEST_BUFFER));
    }

    CacheFlush(long bytes) {
        buffer = new long[Math.toIntExact(bytes / Long.BYTES)];
    }

    /** Bytes that are written. */
    public long bytes() {
        return (long) buffer.length * Long.BYTES;
    }

    /** Writes through the buffer: one word in each cache line is enough to take it. */
    public void flush() {
        value++;
        for (int i = 0; i < buffer.length; i += STEP) {
            buffer[i] = value;
        }
    }
}
