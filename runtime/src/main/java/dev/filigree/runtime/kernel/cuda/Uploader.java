package dev.filigree.runtime.kernel.cuda;

import java.lang.foreign.MemorySegment;

/** Copies arrays to the device while a model is loaded, through a small pinned buffer. The context is current. Not thread-safe. */
final class Uploader {
    private static final int STAGING_BYTES = 4 << 20;

    private final Driver driver;
    private final long stream;
    private final MemorySegment staging;

    /**
     * An uploader.
     *
     * @param stream with which the copies are ordered
     * @param resources free what it takes
     */
    Uploader(Driver driver, long stream, Resources resources) {
        this.driver = driver;
        this.stream = stream;
        this.staging = driver.allocateHost(STAGING_BYTES);
        resources.add(() -> driver.freeHost(staging));
    }

    /** Copies numbers: a segment over an array. */
    void copy(MemorySegment values, long to) {
        for (long from = 0; from < values.byteSize(); from += STAGING_BYTES) {
            long bytes = Math.min(STAGING_BYTES, values.byteSize() - from);
            MemorySegment.copy(values, from, staging, 0, bytes);
            driver.copyToDevice(to + from, staging, bytes, stream);
            // The buffer is filled again only when it has been read.
            driver.synchronize(stream);
        }
    }
}
