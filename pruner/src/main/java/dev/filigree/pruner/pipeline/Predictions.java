package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.glue.GlueSplit;

/**
 * What the models of a run answered to the examples of one evaluation file, in its order: label indices, or scores for a regression.
 *
 * @param split which file
 * @param expected the true answers
 * @param dense of the dense model, by the trainer
 * @param pruned of the pruned model in fp32, by the trainer
 * @param packed of the packed file, by the runtime
 */
public record Predictions(GlueSplit split, float[] expected, float[] dense, float[] pruned, float[] packed) {}
