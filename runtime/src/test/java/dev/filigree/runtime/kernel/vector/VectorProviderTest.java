package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VectorProviderTest {
    @Test
    void runsHere() {
        assertThat(VectorProvider.machineRefusal(true, "OpenJDK 64-Bit Server VM", "mixed mode, sharing")).isEmpty();
    }

    @Test
    void canBeAskedWithoutTheModule() throws Exception {
        assertThat(Jvm.run(Asker.class)).contains("start Java with --add-modules jdk.incubator.vector");
    }

    @Test
    void canBeAskedInAnInterpreter() throws Exception {
        assertThat(Jvm.run(Asker.class, "--add-modules", "jdk.incubator.vector", "-Xint")).contains("without -Xint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:TieredStopAtLevel=1", "-XX:-EnableVectorSupport"})
    void noticesThatVectorsAreNotCompiled(String option) throws Exception {
        assertThat(Jvm.run(Asker.class, "--add-modules", "jdk.incubator.vector", "-XX:+UnlockExperimentalVMOptions", option))
                .contains("does not compile the Vector API to SIMD instructions");
    }

    @Test
    void asksForSimd() throws Exception {
        assertThat(Jvm.run(Asker.class, "--add-modules", "jdk.incubator.vector", "-XX:MaxVectorSize=8"))
                .contains("only 64-bit vectors");
    }

    /** Prints the refusal. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] args) {
            EncoderShape shape = new EncoderShape(4, 1, 1, 4, 4, 4, 1, 1e-12f);
            System.out.println(new VectorProvider().refusal(Models.model(shape, Pooling.CLS, 2, DType.FP32, List.of(Sparsity.DENSE), 1)));
        }
    }

    @Test
    void saysHowToResolveTheModule() {
        assertThat(VectorProvider.machineRefusal(false, "OpenJDK 64-Bit Server VM", "mixed mode"))
                .hasValueSatisfying(why -> assertThat(why).contains("--add-modules jdk.incubator.vector"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "OpenJDK 64-Bit Server VM; interpreted mode, sharing",
        "OpenJDK 64-Bit Server VM; mixed mode, emulated-client, sharing",
        "OpenJDK Client VM; mixed mode",
        "OpenJDK 64-Bit Zero VM; interpreted mode"
    })
    void refusesVirtualMachinesWithoutTheOptimisingCompiler(String name, String info) {
        assertThat(VectorProvider.machineRefusal(true, name, info))
                .hasValueSatisfying(why -> assertThat(why).contains("server VM").contains(info));
    }
}
