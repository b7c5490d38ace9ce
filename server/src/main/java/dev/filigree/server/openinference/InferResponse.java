package dev.filigree.server.openinference;

import java.util.List;
import java.util.Optional;

/**
 * An answer to a request for inference.
 *
 * @param model the model that answered
 * @param id the request's
 * @param outputs in the order in which they were asked for
 */
public record InferResponse(String model, Optional<String> id, List<OutputTensor> outputs) {}
