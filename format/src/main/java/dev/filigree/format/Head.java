package dev.filigree.format;

import java.util.Optional;

/**
 * What stands on the encoder.
 *
 * @param pooling how a sequence becomes one vector
 * @param pooler {@code [hidden, hidden]}, present exactly when pooling is {@link Pooling#POOLER}
 * @param classifier {@code [labels, hidden]}; one row for a regression
 */
public record Head(Pooling pooling, Optional<Linear> pooler, Linear classifier) {}
