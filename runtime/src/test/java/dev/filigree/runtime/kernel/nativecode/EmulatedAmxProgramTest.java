package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProgramContract;
import dev.filigree.runtime.kernel.Threads;

/** Whole models with the AMX kernels, emulated. */
class EmulatedAmxProgramTest extends ProgramContract {
    @Override
    protected EncoderProgram load(Model model, int threads) {
        return new NativeProgram(model, Threads.own(threads), NativeLevels.emulated(Level.AMX));
    }

    @Override
    protected float tolerance(DType dtype) {
        return NativeLevels.tolerance(Level.AMX, dtype);
    }
}
