package dev.filigree.tests.bench;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a figure was measured on: printed beside every table. */
public final class MachineFacts {
    /** Where the machine does not tell: larger than the last level of any desktop, so that a flush still works. */
    private static final long UNKNOWN_CACHE_BYTES = 64L << 20;
    private static final List<String> EXTENSIONS =
            List.of("avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_vbmi2", "avx512_fp16", "amx_tile", "amx_int8");

    private MachineFacts() {}

    /** Processor, cores, instruction sets, operating system, Java and ONNX Runtime version, commit and date, in this order. */
    public static Map<String, String> here() {
        Map<String, String> facts = withoutPeers();
        facts.put("onnxruntime", onnxRuntime());
        return dated(facts);
    }

    /** The same, for where no peer is. */
    public static Map<String, String> hereWithoutPeers() {
        return dated(withoutPeers());
    }

    private static Map<String, String> dated(Map<String, String> facts) {
        facts.put("commit", commit());
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
        return facts;
    }

    /** The first of them, without the commit and the date. */
    public static Map<String, String> withoutPeers() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("processor", cpuInfo("model name").orElse("unknown"));
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("extensions", EXTENSIONS.stream().filter(extensions()::contains).collect(Collectors.joining(" ")));
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        facts.put("java", System.getProperty("java.vendor.version", System.getProperty("java.version")));
        return facts;
    }

    /** The instruction sets of the processor by the kernel's names; empty where it does not tell. */
    public static List<String> extensions() {
        return List.of(cpuInfo("flags").orElse("").split(" "));
    }

    /** Bytes of the caches of data that this machine tells of, by level: {@code L1}, {@code L2} and so on. */
    public static Map<String, Long> cacheBytes() {
        Map<String, Long> sizes = new TreeMap<>();
        try (Stream<Path> caches = Files.list(Path.of("/sys/devices/system/cpu/cpu0/cache"))) {
            for (Path cache : caches.filter(path -> Files.isReadable(path.resolve("size"))).toList()) {
                if (!Files.readString(cache.resolve("type")).startsWith("Instruction")) {
                    String level = Files.readString(cache.resolve("level")).strip();
                    sizes.put("L" + level, bytes(Files.readString(cache.resolve("size")).strip()));
                }
            }
            return sizes;
        } catch (IOException e) {
            return Map.of();
        }
    }

    /** Bytes of the largest cache. */
    static long largestCacheBytes() {
        return cacheBytes().values().stream().mapToLong(Long::longValue).max().orElse(UNKNOWN_CACHE_BYTES);
    }

    /** {@code 32768K} and the like. */
    static long bytes(String size) {
        int last = size.length() - 1;
        return switch (size.charAt(last)) {
            case 'K' -> Long.parseLong(size, 0, last, 10) << 10;
            case 'M' -> Long.parseLong(size, 0, last, 10) << 20;
            default -> Long.parseLong(size);
        };
    }

    private static Optional<String> cpuInfo(String field) {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith(field))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String onnxRuntime() {
        try {
            return OrtEnvironment.getEnvironment().getVersion();
        } catch (LinkageError e) {
            return "absent";
        }
    }

    /** {@code -Dfiligree.commit}, or what git says of the folder that {@code ./filigree} is in. */
    private static String commit() {
        String told = System.getProperty("filigree.commit");
        String home = System.getProperty("filigree.home");
        if (told != null || home == null) {
            return told == null ? "unknown" : told;
        }
        try {
            Process git = new ProcessBuilder("git", "-C", home, "describe", "--always", "--dirty", "--abbrev=12")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return answer.isEmpty() ? "unknown" : answer;
        } catch (IOException e) {
            return "unknown";
        }
    }
}
