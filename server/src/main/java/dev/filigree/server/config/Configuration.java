package dev.filigree.server.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Settings that stand elsewhere than on the command line, as the arguments that would say the same: every flag {@code --some-thing} is also
 * the environment variable {@code FILIGREE_SOME_THING} and the key {@code some-thing} of a YAML file. The command line goes before the
 * environment, and that before the file.
 */
public final class Configuration {
    private static final String PREFIX = "FILIGREE_";
    /** The flag that may be repeated: commas separate its values in the environment. Other values are paths, which may have commas. */
    private static final String LIST = "model";
    /**
     * How Kubernetes tells containers where a Service is: one named "filigree" is the variable FILIGREE_PORT, "filigree-grpc" is
     * FILIGREE_GRPC_PORT. Nobody has set a port by it, and no value of ours begins like this.
     */
    private static final Pattern SERVICE_LINK = Pattern.compile("(tcp|udp|sctp)://.*");
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Map<String, List<String>> values = new LinkedHashMap<>();

    private Configuration() {}

    /**
     * Reads file and environment.
     *
     * @param flags names of the flags there are, without hyphens before them
     * @throws IllegalArgumentException with a sentence when the file cannot be read or says something unknown
     */
    public static Configuration read(Set<String> flags, Map<String, String> environment, Optional<Path> file) {
        Configuration configuration = new Configuration();
        file.ifPresent(path -> configuration.readFile(path, flags));
        for (String flag : flags) {
            String value = environment.get(PREFIX + flag.toUpperCase(Locale.ROOT).replace('-', '_'));
            if (value != null && !SERVICE_LINK.matcher(value).matches()) {
                configuration.values.put(flag, flag.equals(LIST) ? List.of(value.split(",", -1)) : List.of(value));
            }
        }
        return configuration;
    }

    /** The arguments that say the same, but for the flags that are given already. */
    public List<String> arguments(Set<String> given) {
        List<String> arguments = new ArrayList<>();
        values.forEach((flag, all) -> {
            if (!given.contains(flag)) {
                all.forEach(value -> arguments.add("--" + flag + "=" + value));
            }
        });
        return arguments;
    }

    private void readFile(Path file, Set<String> flags) {
        JsonNode root;
        try {
            root = YAML.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The settings of " + file + " are not YAML: " + e.getOriginalMessage() + ".", e);
        } catch (IOException e) {
            throw new IllegalArgumentException("The settings of " + file + " cannot be read: " + e + ".", e);
        }
        if (!root.isObject()) {
            throw new IllegalArgumentException("The settings of " + file + " must be lines of the form 'key: value'.");
        }
        for (Map.Entry<String, JsonNode> setting : root.properties()) {
            if (!flags.contains(setting.getKey())) {
                throw new IllegalArgumentException("The settings of " + file + " have the unknown key '" + setting.getKey()
                        + "': known are " + String.join(", ", flags) + ".");
            }
            values.put(setting.getKey(), texts(file, setting));
        }
    }

    private static List<String> texts(Path file, Map.Entry<String, JsonNode> setting) {
        JsonNode value = setting.getValue();
        List<String> texts = new ArrayList<>();
        if (value.isObject()) {
            value.properties().forEach(entry -> texts.add(entry.getKey() + "=" + text(file, setting.getKey(), entry.getValue())));
        } else if (value.isArray()) {
            value.forEach(entry -> texts.add(text(file, setting.getKey(), entry)));
        } else {
            texts.add(text(file, setting.getKey(), value));
        }
        if (texts.isEmpty()) {
            throw noValue(file, setting.getKey());
        }
        return texts;
    }

    private static String text(Path file, String key, JsonNode value) {
        if (!value.isValueNode() || value.isNull()) {
            throw noValue(file, key);
        }
        return value.asText();
    }

    private static IllegalArgumentException noValue(Path file, String key) {
        return new IllegalArgumentException("The setting '" + key + "' of " + file + " has no value, or a nested one.");
    }
}
