package dev.filigree.runtime.kernel;

import java.net.URL;
import java.util.Optional;

/** The artifact {@code filigree-natives}, which holds the kernels that are not Java and which an application may leave out. Thread-safe. */
public final class Natives {
    private static final String FOLDER = "META-INF/filigree/";

    private Natives() {}

    /**
     * A file of the artifact.
     *
     * @param name its path below the artifact's folder, for example {@code cuda/filigree.fatbin}
     * @return empty when the artifact is not beside the runtime, or was built without this file
     */
    public static Optional<URL> find(String name) {
        // By the class loader: on the module path the artifact is a module of its own, into which no class of the runtime's looks.
        return Optional.ofNullable(Natives.class.getClassLoader().getResource(FOLDER + name));
    }

    /** The option that lets the runtime call native code; it names the runtime's module, if the runtime is one. */
    public static String accessOption() {
        Module runtime = Natives.class.getModule();
        return "--enable-native-access=" + (runtime.isNamed() ? runtime.getName() : "ALL-UNNAMED");
    }
}
