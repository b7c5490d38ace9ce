package dev.filigree.server.openinference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.filigree.server.http.ApiException;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model as the protocol sees it.
 *
 * @param name what it is served under
 * @param labels names of the columns of scores and logits
 * @param pairs whether it takes pairs of texts
 */
public record ModelSignature(String name, List<String> labels, boolean pairs) {
    /** The one version a model has: a reload replaces it, and does not add another. */
    public static final String VERSION = "1";
    /** What runs it. */
    public static final String PLATFORM = "filigree";

    private static final String TEXT = "text";
    private static final String TEXT_PAIR = "text_pair";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What it takes. */
    public List<TensorSpec> inputs() {
        TensorSpec text = new TensorSpec(TEXT, Datatype.BYTES, List.of(-1));
        return pairs ? List.of(text, new TensorSpec(TEXT_PAIR, Datatype.BYTES, List.of(-1))) : List.of(text);
    }

    /** What it gives. */
    public List<TensorSpec> outputs() {
        return Arrays.stream(Output.values()).map(output -> output.spec(labels.size())).toList();
    }

    /** What the tensors do not say: {@code labels}, a JSON array of the names of the columns. */
    public Map<String, String> properties() {
        try {
            return Map.of("labels", JSON.writeValueAsString(labels));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Labels cannot be written as JSON.", e);
        }
    }

    String inputNames() {
        return inputs().stream().map(TensorSpec::name).collect(Collectors.joining(" and "));
    }

    static void requireVersion(String model, Optional<String> version) {
        version.filter(asked -> !asked.equals(VERSION)).ifPresent(asked -> {
            throw new ApiException(
                    HttpResponseStatus.NOT_FOUND,
                    "unknown_version",
                    "Model '" + model + "' has no version '" + asked + "': its only version is " + VERSION + ".");
        });
    }
}
