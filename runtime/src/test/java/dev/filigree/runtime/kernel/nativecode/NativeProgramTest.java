package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProgramContract;
import org.junit.jupiter.api.BeforeAll;

/** Whole models with the best kernels of this machine. */
class NativeProgramTest extends ProgramContract {
    @BeforeAll
    static void needsTheLibrary() {
        NativeLevels.assumeAny();
    }

    @Override
    protected EncoderProgram load(Model model, int threads) {
        return new NativeProvider().load(model, threads);
    }

    /** INT8 weights meet activations of 16 bits. */
    @Override
    protected float tolerance(DType dtype) {
        return dtype == DType.INT8 ? 3e-4f : 2e-5f;
    }
}
