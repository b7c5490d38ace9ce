package dev.filigree.tests.bench.roofline;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;

/** The C measures ({@code tests/src/main/native/peak.c}) of this platform. */
@SuppressWarnings("restricted")
final class PeakLibrary {
    private final SymbolLookup symbols;
    private final MethodHandle read;

    private PeakLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
        read = Linker.nativeLinker().downcallHandle(
                symbols.findOrThrow("fg_peak_read"), FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
    }

    /** Empty where this build has none for the platform. The library lives as long as the arena. */
    static Optional<PeakLibrary> load(Arena arena) {
        String platform = System.getProperty("os.name").toLowerCase(Locale.ROOT) + "-" + System.getProperty("os.arch");
        String resource = "/dev/filigree/tests/native/" + platform + "/libfiligree-peak.so";
        try (InputStream library = PeakLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                return Optional.empty();
            }
            Path copy = Files.createTempFile("filigree-peak", ".so");
            try {
                Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
                return Optional.of(new PeakLibrary(SymbolLookup.libraryLookup(copy, arena)));
            } finally {
                // The mapping outlives the name.
                Files.delete(copy);
            }
        } catch (IOException | IllegalArgumentException | IllegalCallerException e) {
            return Optional.empty();
        }
    }

    /** Nanoseconds that a loop takes; the processor must have its instructions. */
    long nanos(String loop, long rounds) {
        MethodHandle handle = Linker.nativeLinker()
                .downcallHandle(symbols.findOrThrow("fg_peak_" + loop), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
        try {
            return (long) handle.invokeExact(rounds);
        } catch (Throwable e) {
            throw new AssertionError("fg_peak_" + loop + " throws nothing.", e);
        }
    }

    /** Nanoseconds to read a segment, aligned to 64 bytes and a multiple of 512 bytes long, {@code rounds} times. */
    long nanosToRead(MemorySegment from, long rounds) {
        try {
            return (long) read.invokeExact(from, from.byteSize(), rounds);
        } catch (Throwable e) {
            throw new AssertionError("fg_peak_read throws nothing.", e);
        }
    }
}
