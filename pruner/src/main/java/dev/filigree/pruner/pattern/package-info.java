/**
 * Pattern constraints: which patterns a layer may use ({@link dev.filigree.pruner.pattern.PatternSet}), which weights are kept
 * ({@link dev.filigree.pruner.pattern.Mask}) and the exact projection that decides it ({@link dev.filigree.pruner.pattern.Projection}).
 */
package dev.filigree.pruner.pattern;
