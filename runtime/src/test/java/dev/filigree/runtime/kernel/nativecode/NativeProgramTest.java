package dev.filigree.runtime.kernel.nativecode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProgramContract;
import dev.filigree.runtime.kernel.vector.Models;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

    @Test
    void workersTakeWholeSequencesWhereTheseShareOutEvenly() {
        assertThat(NativeProgram.balancedCuts(Models.batch(SHAPE, 1, 16, 16, 16, 16), 2)).containsExactly(0, 2, 4);
        assertThat(NativeProgram.balancedCuts(Models.batch(SHAPE, 1, 30, 10, 20, 20, 40), 3)).containsExactly(0, 2, 4, 5);
        assertThat(NativeProgram.balancedCuts(Models.batch(SHAPE, 1, 80, 16), 2)).isEmpty();
        assertThat(NativeProgram.balancedCuts(Models.batch(SHAPE, 1, 80), 2)).isEmpty();
        assertThat(NativeProgram.balancedCuts(Models.batch(SHAPE, 1, 16, 16), 1)).isEmpty();
    }

    @Test
    void passesEndWhereFewLanesAreIdle() {
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 16, 16, 16, 16, 16, 16), 0, 64)).as("the shortest").isEqualTo(2);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 16, 16, 16, 16), 0, 64)).as("both halves are full").isEqualTo(2);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 20, 20, 8, 9, 30, 40), 0, 64)).as("48 of 48 lanes").isEqualTo(3);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 20, 20, 12, 9, 30, 40), 0, 64)).as("61 of 64 lanes").isEqualTo(4);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 16, 16, 16), 0, 64)).as("too little would be left").isEqualTo(3);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 80, 16, 16), 0, 64)).as("a long one").isEqualTo(1);
        assertThat(NativeProgram.endOfPass(Models.batch(SHAPE, 1, 20, 16, 16, 16, 16), 1, 64)).as("not from the start").isEqualTo(3);
    }

    @Override
    protected float tolerance(DType dtype) {
        return NativeLevels.tolerance(NativeLibrary.get().levels().getFirst().level(), dtype);
    }
}
