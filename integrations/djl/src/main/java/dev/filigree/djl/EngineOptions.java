package dev.filigree.djl;

import ai.djl.Device;
import dev.filigree.runtime.Encoder;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code optOption} and {@code optDevice} say, in the runtime's words. Options of other names are DJL's or another engine's; they are
 * logged and otherwise let be.
 *
 * @param provider name of the runtime's provider, or {@code auto}
 * @param threads threads a call may compute with
 * @param verify whether the golden examples are run before the first answer
 * @param pooling how an embedding is made of a text's tokens
 */
record EngineOptions(String provider, int threads, boolean verify, Encoder.Pooling pooling) {
    private static final Logger LOG = LoggerFactory.getLogger(EngineOptions.class);
    private static final Set<String> NAMES = new TreeSet<>(Set.of("provider", "threads", "verify", "pooling"));
    /** What DJL itself puts there. */
    private static final Set<String> FOREIGN = Set.of("modelName", "hasParameter");

    /**
     * Reads the options; the option {@code provider} goes before the device.
     *
     * @throws IllegalArgumentException when a value is none of those that its option may have
     */
    static EngineOptions of(Map<String, ?> options, Optional<Device> device) {
        for (String name : options.keySet()) {
            if (!NAMES.contains(name) && !FOREIGN.contains(name)) {
                LOG.warn("Option {} means nothing to the engine Filigree, which knows {}.", name, String.join(", ", NAMES));
            }
        }
        return new EngineOptions(
                text(options, "provider").or(() -> device.map(EngineOptions::provider)).orElse("auto"),
                text(options, "threads").map(EngineOptions::threads).orElse(1),
                text(options, "verify").map(EngineOptions::verify).orElse(true),
                text(options, "pooling").map(EngineOptions::pooling).orElse(Encoder.Pooling.MEAN));
    }

    private static Optional<String> text(Map<String, ?> options, String name) {
        return Optional.ofNullable(options.get(name)).map(Object::toString);
    }

    private static String provider(Device device) {
        if (device.isGpu()) {
            return "cuda:" + device.getDeviceId();
        }
        if (device.equals(Device.cpu())) {
            return "cpu";
        }
        throw new IllegalArgumentException("The engine Filigree runs on cpu and gpu, not on device " + device + ".");
    }

    private static int threads(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("Option threads is a number, not \"" + value + "\".", e);
        }
    }

    private static boolean verify(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("Option verify is true or false, not \"" + value + "\".");
        };
    }

    private static Encoder.Pooling pooling(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "mean" -> Encoder.Pooling.MEAN;
            case "cls" -> Encoder.Pooling.CLS;
            default -> throw new IllegalArgumentException("Option pooling is mean or cls, not \"" + value + "\".");
        };
    }
}
