/**
 * Training on PyTorch through DJL: a {@link dev.filigree.pruner.train.BertClassifier} holds the weights in Java arrays and shows PyTorch
 * what their masks keep; a {@link dev.filigree.pruner.train.Trainer} runs phases of it, an {@link dev.filigree.pruner.train.Objective}
 * says what they minimise, an {@link dev.filigree.pruner.train.UpdateRule} for each weight and a
 * {@link dev.filigree.pruner.train.StepHook} are where pruning methods take part, and {@link dev.filigree.pruner.train.LayerStreams} goes
 * through the layers for the second-order start.
 */
package dev.filigree.pruner.train;
