package dev.filigree.format;

/**
 * A linear layer {@code y = W x + b}.
 *
 * @param weight {@code [outputs, inputs]}
 * @param bias {@code [outputs]}
 */
public record Linear(Matrix weight, float[] bias) {}
