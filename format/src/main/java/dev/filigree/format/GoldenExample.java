package dev.filigree.format;

import java.util.Optional;

/**
 * A text and the logits that any runtime must give for it: how a runtime proves itself at load.
 *
 * @param text the text, or the first of a pair
 * @param pair the second text of a pair
 * @param logits expected logits {@code [labels]} of this very file's weights in fp32
 */
public record GoldenExample(String text, Optional<String> pair, float[] logits) {}
