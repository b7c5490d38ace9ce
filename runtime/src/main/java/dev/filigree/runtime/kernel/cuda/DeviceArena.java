package dev.filigree.runtime.kernel.cuda;

/** Device memory that is freed together. Not thread-safe. */
final class DeviceArena {
    /** Room behind each piece, so that a kernel may read (and then not use) one row of activations past the end. */
    private static final long ALIGNMENT = 256;

    private static final long CHUNK = 8L << 20;

    private final Driver driver;
    private final Resources resources;
    private long next;
    private long left;

    /**
     * An arena.
     *
     * @param resources free it
     */
    DeviceArena(Driver driver, Resources resources) {
        this.driver = driver;
        this.resources = resources;
    }

    /** So many bytes, aligned to 256. */
    long allocate(long bytes) {
        long padded = padded(bytes);
        if (padded > left) {
            long chunk = Math.max(CHUNK, padded);
            long start = driver.allocate(chunk);
            resources.add(() -> driver.free(start));
            if (chunk == padded) {
                // The current chunk still has room for smaller pieces.
                return start;
            }
            next = start;
            left = chunk;
        }
        long piece = next;
        next += padded;
        left -= padded;
        return piece;
    }

    /** What a piece takes of an arena. */
    static long padded(long bytes) {
        return (bytes / ALIGNMENT + 2) * ALIGNMENT;
    }
}
