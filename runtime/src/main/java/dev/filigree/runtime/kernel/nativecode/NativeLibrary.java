package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.Natives;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The kernels' shared library of this platform, taken from the jar of filigree-natives when it is first needed.
 *
 * @param levels the sets of kernels that this processor can run, best first; empty when there is none
 * @param refusal why there is none and what to change, in one sentence
 */
record NativeLibrary(List<NativeKernels> levels, Optional<String> refusal) {
    /** Loaded once; it stays as long as these classes. */
    static NativeLibrary get() {
        return Loaded.LIBRARY;
    }

    private static final class Loaded {
        static final NativeLibrary LIBRARY = load(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** Loads the library built for a platform. */
    static NativeLibrary load(String system, String architecture) {
        // Without a regular expression, since every process begins with this.
        String first = system.contains(" ") ? system.substring(0, system.indexOf(' ')) : system;
        String platform = first.toLowerCase(Locale.ROOT) + "-" + (architecture.equals("amd64") ? "x86_64" : architecture);
        Optional<URL> found = Natives.find("native/" + platform + "/libfiligree.so");
        if (found.isEmpty()) {
            return refused("There are no native kernels for " + platform + " here: put filigree-natives beside filigree-runtime,"
                    + " built there with gcc or clang on the PATH.");
        }
        try (InputStream library = found.get().openStream()) {
            return load(library);
        } catch (IOException | UnsatisfiedLinkError e) {
            return refused("The native kernels cannot be loaded from " + System.getProperty("java.io.tmpdir") + " (" + e.getMessage()
                    + "): point -Djava.io.tmpdir at a folder that may be written and executed from.");
        } catch (ProviderRefusedException e) {
            return refused(e.getMessage());
        } catch (IllegalCallerException e) {
            return refused("This JVM denies native access: start Java with " + Natives.accessOption() + ".");
        }
    }

    @SuppressWarnings("restricted")
    private static NativeLibrary load(InputStream library) throws IOException {
        Path copy = temporary(library);
        try {
            System.load(copy.toAbsolutePath().toString());
        } finally {
            // The mapping outlives the name.
            Files.delete(copy);
        }
        return bind(SymbolLookup.loaderLookup());
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
                        "filigree-" + Long.toHexString(ThreadLocalRandom.current().nextLong()) + ".so"),
                PosixFilePermissions.asFileAttribute(
                        EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)));
        try (OutputStream file = new FileOutputStream(path.toFile())) {
            content.transferTo(file);
            return path;
        } catch (IOException e) {
            Files.delete(path);
            throw e;
        }
    }

    private static NativeLibrary bind(SymbolLookup symbols) {
        int level;
        try {
            level = NativeCalls.level(KernelFunction.LEVEL.in(symbols, ""));
        } catch (UnsatisfiedLinkError e) {
            throw new ProviderRefusedException("The native kernels cannot be called (" + e.getMessage()
                    + "): take filigree-natives of the same version as filigree-runtime.");
        }
        List<NativeKernels> levels = new ArrayList<>();
        for (Level one : Level.ALL.subList(0, level).reversed()) {
            levels.add(NativeKernels.bind(symbols, one));
        }
        return levels.isEmpty()
                ? refused("This processor lacks AVX2, FMA or F16C.")
                : new NativeLibrary(List.copyOf(levels), Optional.empty());
    }

    private static NativeLibrary refused(String sentence) {
        return new NativeLibrary(List.of(), Optional.of(sentence));
    }
}
