package dev.filigree.tests.bench;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a figure was measured on: printed beside every table. */
public final class MachineFacts {
    private MachineFacts() {}

    /** Processor, cores, operating system, Java and ONNX Runtime version, in this order. */
    public static Map<String, String> here() {
        Map<String, String> facts = withoutPeers();
        facts.put("onnxruntime", OrtEnvironment.getEnvironment().getVersion());
        return facts;
    }

    /** The same but for the peers' versions, for where no peer is. */
    public static Map<String, String> withoutPeers() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("processor", processor());
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("java", System.getProperty("java.vendor.version", System.getProperty("java.version")));
        return facts;
    }

    private static String processor() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
