package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The stand-in for NVIDIA's driver: its API over an emulated GPU that has our kernels. One for the process, reset by each test. */
@SuppressWarnings("restricted")
final class StandIn {
    /** What is counted as alive. */
    private static final List<String> ALIVE = List.of(
            "device_bytes", "device_allocations", "pinned_bytes", "modules", "streams", "events", "graphs", "executables");
    private static final Path FOLDER = Path.of("target", "cuda").toAbsolutePath();
    private static final int FATBIN_MAGIC = 0xba55ed50;

    private final Path library;
    private final URL image;
    private final MethodHandle set;
    private final MethodHandle counter;
    private final MethodHandle fault;

    private StandIn(Path library, URL image) {
        this.library = library;
        this.image = image;
        SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
        Linker linker = Linker.nativeLinker();
        set = linker.downcallHandle(symbols.findOrThrow("filigreeEmulatedSet"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        counter = linker.downcallHandle(symbols.findOrThrow("filigreeEmulatedCounter"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        fault = linker.downcallHandle(symbols.findOrThrow("filigreeEmulatedLastFault"), FunctionDescriptor.of(ValueLayout.ADDRESS));
    }

    /** The stand-in, built where its sources changed and reset; the test is skipped where there is no g++. */
    static StandIn fresh() {
        StandIn standIn = new StandIn(build(), writeImage());
        standIn.set("reset", 0);
        Driver driver = new Driver(standIn.library.toString());
        driver.init();
        // As another user of the GPU in this process: what the provider leaves behind does not go with the context.
        driver.retainContext(0);
        return standIn;
    }

    private static Path build() {
        assumeTrue(succeeds("g++", "--version"), "skipped: there is no g++ on the PATH to build the emulated GPU with");
        assertThat(succeeds("sh", "src/test/cuda/build-driver.sh", FOLDER.toString())).as("build-driver.sh").isTrue();
        return FOLDER.resolve("libcuda-emulated.so");
    }

    /** Whether a command ends well; what it writes is shown where it does not. */
    static boolean succeeds(String... command) {
        try {
            Path log = Files.createTempFile("command", ".log");
            try {
                boolean good = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor() == 0;
                if (!good) {
                    System.err.println(String.join(" ", command) + " failed:\n" + Files.readString(log));
                }
                return good;
            } finally {
                Files.delete(log);
            }
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Something that begins like a fatbin, which is all that the stand-in asks for. */
    private static URL writeImage() {
        try {
            Path file = FOLDER.resolve("stand-in.fatbin");
            Files.write(file, ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(FATBIN_MAGIC).array());
            return file.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The provider on it. */
    CudaProvider provider() {
        return provider(new Limits(2, 2048, 256, 8, 16));
    }

    CudaProvider provider(Limits limits) {
        return new CudaProvider(library::toString, this::image, limits);
    }

    Optional<URL> image() {
        return Optional.of(image);
    }

    Path library() {
        return library;
    }

    /** Changes a setting of the machine: see {@code state.cpp}. */
    void set(String key, long value) {
        try (Arena arena = Arena.ofConfined()) {
            assertThat((int) set.invokeExact(arena.allocateFrom(key), value)).as(key).isZero();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Makes the n-th call of a function from now on fail. */
    void fail(String function, int result, int n) {
        set("fail:" + function + ":" + result, n);
    }

    long counter(String key) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) counter.invokeExact(arena.allocateFrom(key));
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** What the last call that failed complained of. */
    String lastFault() {
        try {
            return ((MemorySegment) fault.invokeExact()).reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    void assertNothingLeaked() {
        assertThat(counter("contexts")).as("the test's own").isEqualTo(1);
        assertThat(ALIVE).allSatisfy(key -> assertThat(counter(key)).as(key + " (" + lastFault() + ")").isZero());
    }
}
