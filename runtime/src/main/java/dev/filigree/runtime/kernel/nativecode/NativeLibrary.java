package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.Natives;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The kernels' shared library of this platform, taken from the jar of filigree-natives when it is first needed.
 *
 * @param levels the sets of kernels that this processor can run, best first; empty when there is none
 * @param refusal why there is none and what to change, in one sentence
 */
record NativeLibrary(List<NativeKernels> levels, Optional<String> refusal) {
    /** Loaded once in a JVM: a library cannot be unloaded while its code may run. */
    static NativeLibrary get() {
        return Loaded.LIBRARY;
    }

    /** Begins to load it on another thread, unless that has begun before: it takes a new JVM a fifth of the way to its first answer. */
    static void begin() {
        Early.begin();
    }

    private static final class Early {
        static {
            Thread.ofPlatform().daemon().name("filigree-natives").start(NativeLibrary::get);
        }

        /** The class was initialised, if it had not been. */
        static void begin() {}
    }

    private static final class Loaded {
        static final NativeLibrary LIBRARY = load(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** Loads the library built for a platform. */
    static NativeLibrary load(String system, String architecture) {
        String platform = system.toLowerCase(Locale.ROOT).replaceAll("\\s.*", "") + "-"
                + (architecture.equals("amd64") ? "x86_64" : architecture);
        Optional<URL> found = Natives.find("native/" + platform + "/libfiligree.so");
        if (found.isEmpty()) {
            return refused("There are no native kernels for " + platform + " here: put filigree-natives beside filigree-runtime,"
                    + " built there with gcc or clang on the PATH.");
        }
        try (InputStream library = found.get().openStream()) {
            return load(library);
        } catch (IOException | IllegalArgumentException e) {
            return refused("The native kernels cannot be loaded from " + System.getProperty("java.io.tmpdir") + " (" + e.getMessage()
                    + "): point -Djava.io.tmpdir at a folder that may be written and executed from.");
        } catch (ProviderRefusedException e) {
            return refused(e.getMessage());
        } catch (IllegalCallerException e) {
            return refused("This JVM denies native access: start Java with " + Natives.accessOption() + ".");
        }
    }

    private static NativeLibrary load(InputStream library) throws IOException {
        Path copy = temporary(library);
        try {
            return bind(SymbolLookup.libraryLookup(copy, Arena.global()));
        } finally {
            // The mapping outlives the name.
            Files.delete(copy);
        }
    }

    /**
     * Writes a file that nobody else may write to, under a name that nobody has. As {@link Files#createTempFile} does, but without waking
     * the JDK's source of secure random numbers, which takes a process that has just started longer than the file: that a name can be
     * guessed does no harm, since a file that is there already is never opened. The stream is none that an interrupt closes, which would
     * leave the process without these kernels for good.
     */
    private static Path temporary(InputStream content) throws IOException {
        Path path = Files.createFile(
                Path.of(System.getProperty("java.io.tmpdir"),
                        "filigree-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()) + ".so"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream file = new FileOutputStream(path.toFile())) {
            content.transferTo(file);
            return path;
        } catch (IOException e) {
            Files.delete(path);
            throw e;
        }
    }

    private static NativeLibrary bind(SymbolLookup symbols) {
        MethodHandle asked = KernelFunction.LEVEL.in(symbols, "");
        int level;
        try {
            level = (int) asked.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError("fg_level takes nothing and throws nothing.", e);
        }
        List<NativeKernels> levels = Level.ALL.subList(0, level).reversed().stream().map(one -> NativeKernels.bind(symbols, one)).toList();
        return levels.isEmpty()
                ? refused("This processor lacks AVX2, FMA or F16C.")
                : new NativeLibrary(levels, Optional.empty());
    }

    private static NativeLibrary refused(String sentence) {
        return new NativeLibrary(List.of(), Optional.of(sentence));
    }
}
