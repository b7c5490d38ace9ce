package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProgramContract;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Whole models. */
class VectorProgramTest extends ProgramContract {
    @Override
    protected EncoderProgram load(Model model, int threads) {
        return new VectorProvider().load(model, threads);
    }

    @Override
    protected float tolerance(DType dtype) {
        return 2e-5f;
    }

    @Test
    void vectorsOfAnotherWidthGiveTheSameBits() throws Exception {
        String output = Jvm.run(Fingerprint.class, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=16");
        assertThat(output).contains("4 lanes: " + Fingerprint.of());
    }

    /** Prints a digest of a model's hidden states. */
    static final class Fingerprint {
        private Fingerprint() {}

        static int of() {
            try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, Pooling.MEAN), 1)) {
                return Arrays.hashCode(program.hiddenStates(Models.batch(SHAPE, 5, LENGTHS)));
            }
        }

        public static void main(String[] args) {
            System.out.println(Lanes.COUNT + " lanes: " + of());
        }
    }
}
