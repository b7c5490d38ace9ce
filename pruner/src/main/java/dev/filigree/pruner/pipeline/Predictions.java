package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.data.EvaluationFile;

/**
 * What the models of a run answered to the examples of one evaluation file, in its order: label indices, or scores for a regression.
 *
 * @param source the file
 * @param dense of the dense model, by the trainer
 * @param pruned of the pruned model in fp32, by the trainer
 * @param packed of the packed file, by the runtime
 */
public record Predictions(EvaluationFile source, float[] dense, float[] pruned, float[] packed) {}
