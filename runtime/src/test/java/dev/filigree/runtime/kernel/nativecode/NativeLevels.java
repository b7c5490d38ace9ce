package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.filigree.format.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The kernels that this machine can test: those it can run, and the others emulated in plain C. */
final class NativeLevels {
    private NativeLevels() {}

    static List<NativeKernels> all() {
        assumeAny();
        List<NativeKernels> own = NativeLibrary.get().levels();
        return Stream.concat(own.stream(), Emulated.LEVELS.stream()).toList();
    }

    static void assumeAny() {
        assumeTrue(NativeLibrary.get().refusal().isEmpty(), () -> "Skipped: " + NativeLibrary.get().refusal().orElseThrow());
    }

    /** The kernels of a level, emulated. */
    static NativeKernels emulated(Level level) {
        assumeAny();
        return Emulated.LEVELS.stream().filter(kernels -> kernels.level().equals(level)).findFirst().orElseThrow();
    }

    /** How far logits of the small test models may be from the reference's: activations meet INT8 weights with 16 bits or with 8. */
    static float tolerance(Level level, DType dtype) {
        if (dtype != DType.INT8) {
            return 2e-5f;
        }
        return level.codes() == Level.Codes.PAIRS ? 3e-4f : 6e-2f;
    }

    /** {@code src/test/native}, compiled once. */
    private static final class Emulated {
        static final List<NativeKernels> LEVELS = build();

        private static List<NativeKernels> build() {
            try {
                Path library = Files.createTempFile("filigree-emulated", ".so");
                Process compiler = new ProcessBuilder("sh", "src/test/native/build.sh", library.toString()).inheritIO().start();
                assertThat(compiler.waitFor()).as("exit code of src/test/native/build.sh").isZero();
                SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
                Files.delete(library);
                return Stream.of(Level.AVX512, Level.VNNI, Level.AMX).map(level -> NativeKernels.bind(symbols, level)).toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
