package dev.filigree.pruner.report;

import dev.filigree.pruner.train.TorchEngine;
import dev.filigree.runtime.FiligreeVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** What computes here. */
public final class Versions {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    private static final String MODEL = "model name";

    private Versions() {}

    /**
     * Filigree, Java and PyTorch, which is loaded for it.
     *
     * @param threads that PyTorch has
     */
    public static SequencedMap<String, String> programs(int threads) {
        SequencedMap<String, String> versions = new LinkedHashMap<>();
        versions.put("filigree", FiligreeVersion.current());
        versions.put("Java", Runtime.version().toString());
        TorchEngine engine = TorchEngine.start(threads);
        versions.put("PyTorch", engine.version() + (engine.device().isGpu() ? " on a GPU" : ""));
        return versions;
    }

    /** Processor, cores and operating system. */
    static SequencedMap<String, String> machine() {
        SequencedMap<String, String> machine = new LinkedHashMap<>();
        machine.put("processor", processor());
        machine.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return machine;
    }

    private static String processor() {
        try {
            return Files.readAllLines(PROCESSORS).stream()
                    .filter(line -> line.startsWith(MODEL))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
