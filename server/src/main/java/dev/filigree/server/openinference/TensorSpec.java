package dev.filigree.server.openinference;

import java.util.List;

/**
 * What the protocol says of a tensor of a model.
 *
 * @param name its name
 * @param datatype type of its elements
 * @param shape its dimensions, -1 where one depends on the request
 */
public record TensorSpec(String name, Datatype datatype, List<Integer> shape) {}
