package dev.filigree.spring;

import java.util.Optional;

/** Says how to let the runtime call its native kernels, which the JVM warns of unless it was told to expect it. */
final class NativeAccess {
    private NativeAccess() {}

    /** A sentence of advice where this module may not call native code without a warning. */
    static Optional<String> advice(Module module) {
        if (module.isNativeAccessEnabled()) {
            return Optional.empty();
        }
        String who = module.isNamed() ? module.getName() : "ALL-UNNAMED";
        return Optional.of("The JVM warns of native access because it was not allowed: start it with --enable-native-access=" + who
                + ", or write 'Enable-Native-Access: ALL-UNNAMED' into the manifest of the jar that java -jar starts.");
    }
}
