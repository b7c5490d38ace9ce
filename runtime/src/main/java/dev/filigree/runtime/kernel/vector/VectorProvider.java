package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.Threads;
import java.util.Locale;
import java.util.Optional;

/**
 * Runs any model in fp32 with the JDK's Vector API. This class can be loaded without the incubator module: it touches the classes that
 * use it only after {@link #refusal} has found it. Stateless and thread-safe.
 */
public final class VectorProvider implements KernelProvider {
    private static final String MODULE = "jdk.incubator.vector";

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public Optional<String> refusal(Model model) {
        return machineRefusal(
                ModuleLayer.boot().findModule(MODULE).isPresent(),
                System.getProperty("java.vm.name", ""),
                System.getProperty("java.vm.info", ""));
    }

    /** The refusal of a VM, quick tests first; its vectors are tried only when the module is there. */
    static Optional<String> machineRefusal(boolean moduleResolved, String vmName, String vmInfo) {
        if (!moduleResolved) {
            return Optional.of("The module " + MODULE + " is not resolved: start Java with --add-modules " + MODULE + ".");
        }
        String vm = (vmName + " " + vmInfo).toLowerCase(Locale.ROOT);
        if (vm.contains("interpreted mode") || vm.contains("client") || vm.contains("zero vm")) {
            return Optional.of(notCompiled(vmName, vmInfo));
        }
        int bits = Lanes.preferredBits();
        if (bits < 128) {
            return Optional.of("The Vector API offers only " + bits + "-bit vectors here: use a CPU with at least 128-bit SIMD and leave"
                    + " -XX:UseAVX and -XX:MaxVectorSize at their defaults.");
        }
        if (!SimdTrial.passed()) {
            return Optional.of(notCompiled(vmName, vmInfo));
        }
        return Optional.empty();
    }

    private static String notCompiled(String vmName, String vmInfo) {
        return "This Java VM (" + vmName + ", " + vmInfo + ") does not compile the Vector API to SIMD instructions: run a HotSpot server VM"
                + " with its C2 compiler, without -Xint and -XX:TieredStopAtLevel, on a CPU that has fused multiply-add.";
    }

    @Override
    public EncoderProgram load(Model model, Threads threads) {
        return new VectorProgram(model, threads);
    }
}
