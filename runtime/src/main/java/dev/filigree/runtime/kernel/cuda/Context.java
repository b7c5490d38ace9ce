package dev.filigree.runtime.kernel.cuda;

import java.util.function.Supplier;

/**
 * A device's primary context, held until it is closed. It is made current on a thread for a piece of work and no longer, so that other
 * users of CUDA in this JVM find theirs again. Such work must not block: a virtual thread would go on on another carrier, where the
 * context is not current. Thread-safe.
 */
final class Context implements AutoCloseable {
    private final Device device;
    private final long handle;

    Context(Device device) {
        this.device = device;
        this.handle = device.driver().retainContext(device.handle());
    }

    Device device() {
        return device;
    }

    Driver driver() {
        return device.driver();
    }

    /** Does a piece of work with the context current. */
    <T> T in(Supplier<T> work) {
        driver().pushContext(handle);
        T result;
        try {
            result = work.get();
        } catch (Throwable e) {
            try {
                driver().popContext();
            } catch (CudaException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
        driver().popContext();
        return result;
    }

    /** Does a piece of work with the context current. */
    void run(Runnable work) {
        in(() -> {
            work.run();
            return null;
        });
    }

    @Override
    public void close() {
        driver().releaseContext(device.handle());
    }
}
