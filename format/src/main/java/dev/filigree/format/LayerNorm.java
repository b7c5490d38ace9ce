package dev.filigree.format;

/**
 * The parameters of a LayerNorm.
 *
 * @param gamma scale, {@code [hidden]}
 * @param beta shift, {@code [hidden]}
 */
public record LayerNorm(float[] gamma, float[] beta) {}
