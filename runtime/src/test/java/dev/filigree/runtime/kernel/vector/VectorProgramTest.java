package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProgramContract;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest(name = "{0} lanes")
    @ValueSource(ints = {4, 8})
    void vectorsOfAnotherWidthGiveTheSameBits(int lanes) throws Exception {
        String output = Jvm.run(Fingerprint.class, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=" + lanes * Float.BYTES);
        assertThat(output).contains(Math.min(lanes, Lanes.COUNT) + " lanes: " + Fingerprint.of());
    }

    /** Prints a digest of a model's hidden states and of what linears of every sparsity and size give. */
    static final class Fingerprint {
        private Fingerprint() {}

        static int of() {
            try (EncoderProgram program = new VectorProvider().load(model(DType.FP32, Pooling.MEAN), 1)) {
                int states = Arrays.hashCode(program.hiddenStates(Models.batch(SHAPE, 5, LENGTHS)));
                return 31 * states + PanelLinearTest.digest();
            }
        }

        public static void main(String[] args) {
            System.out.println(Lanes.COUNT + " lanes: " + of());
        }
    }
}
