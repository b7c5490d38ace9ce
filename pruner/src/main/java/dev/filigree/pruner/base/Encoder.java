package dev.filigree.pruner.base;

import dev.filigree.format.EncoderShape;
import java.util.Map;

/**
 * What a file of weights tells of an encoder.
 *
 * @param shape dimensions
 * @param weights by the names of {@link BaseModel}
 */
record Encoder(EncoderShape shape, Map<String, float[]> weights) {}
