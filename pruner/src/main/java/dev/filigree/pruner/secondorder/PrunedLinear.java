package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.Mask;

/**
 * A pruned and refitted linear layer.
 *
 * @param weight row-major {@code [outputs, inputs]}, zero where pruned
 * @param bias {@code [outputs]}
 * @param mask what was kept
 * @param lostEnergy by how much pruning raised the mean squared error of the outputs above that of the best dense layer, as a share of
 *     the mean square that the best dense layer explains; 0 is no loss, 1 is no better than an output of zeros
 */
public record PrunedLinear(float[] weight, float[] bias, Mask mask, double lostEnergy) {}
