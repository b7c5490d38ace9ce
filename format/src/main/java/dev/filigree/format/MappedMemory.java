package dev.filigree.format;

import java.io.UncheckedIOException;
import java.util.function.Supplier;

/**
 * What happens when the file behind mapped memory is cut short, or its disk fails: wherever Java code reads the memory, be it interpreted,
 * compiled, a vector or a bulk copy, the JVM throws an {@link InternalError}. In native code it would be the end of the process, and so it
 * is in intrinsics that take addresses, such as checksums of direct buffers: those must be given copies.
 */
public final class MappedMemory {
    private static final String FAULT = "unsafe memory access";

    private MappedMemory() {}

    /**
     * Runs work that reads the matrices of opened files.
     *
     * @throws UncheckedIOException with a {@link ModelFormatException} for its cause, {@link Refusal#TRUNCATED}, when their memory is gone
     */
    public static <T> T read(Supplier<T> work) {
        try {
            return work.get();
        } catch (InternalError e) {
            throw lost(e);
        }
    }

    /**
     * What {@link #read} throws in place of an error; for who would rather catch it.
     *
     * @throws InternalError the error itself, when it is about something else
     */
    public static UncheckedIOException lost(InternalError error) {
        return new UncheckedIOException(refusal(new Source("A model file in use"), error));
    }

    /**
     * The refusal of a file whose memory is gone.
     *
     * @throws InternalError the error itself, when it is about something else
     */
    static ModelFormatException refusal(Source source, InternalError error) {
        if (!String.valueOf(error.getMessage()).contains(FAULT)) {
            throw error;
        }
        return source.refuse(Refusal.TRUNCATED,
                "the file was cut short or became unreadable while it was being read; put it back and open it again.", error);
    }
}
