package dev.filigree.server.openinference;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request for inference as it came in, by whatever way. Parameters are each a {@link Boolean}, a {@link Number} or a {@link String}.
 *
 * @param id comes back in the answer
 * @param parameters of the request
 * @param inputs its tensors
 * @param outputs the outputs wanted, in order; all when empty
 */
public record InferRequest(
        Optional<String> id, Map<String, Object> parameters, List<? extends InputTensor> inputs, List<Wanted> outputs) {
    /**
     * An output that is asked for.
     *
     * @param name its name, perhaps of none that exists
     * @param parameters of the output
     */
    public record Wanted(String name, Map<String, Object> parameters) {}
}
