package dev.filigree.runtime.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorProviderTest {
    @Test
    void runsHere() {
        assertThat(VectorProvider.machineRefusal(true, "OpenJDK 64-Bit Server VM", "mixed mode, sharing")).isEmpty();
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
