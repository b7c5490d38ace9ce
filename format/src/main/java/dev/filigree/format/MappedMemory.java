package dev.filigree.format;

import java.io.UncheckedIOException;

/**
 * What happens when the file behind mapped memory is cut short, or its disk fails: wherever Java code reads the memory, be it interpreted,
 * compiled, a vector or a bulk copy, the JVM throws an {@link InternalError}. In native code it would be the end of the process, and so it
 * is in intrinsics that take addresses, such as checksums of direct buffers: those must be given copies.
 */
public final class MappedMemory {
    private static final String FAULT = "unsafe memory access";

    private MappedMemory() {}

    /**
     * What to throw in place of an error that came of reading the matrices of an opened file.
     *
     * @return with a {@link ModelFormatException} for its cause, {@link Refusal#TRUNCATED}: their memory is gone
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
