package dev.filigree.runtime.kernel.nativecode;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

/** The kernels that this machine can test. */
final class NativeLevels {
    private NativeLevels() {}

    static List<NativeKernels> all() {
        assumeAny();
        return NativeLibrary.get().levels();
    }

    static void assumeAny() {
        assumeTrue(NativeLibrary.get().refusal().isEmpty(), () -> "Skipped: " + NativeLibrary.get().refusal().orElseThrow());
    }
}
