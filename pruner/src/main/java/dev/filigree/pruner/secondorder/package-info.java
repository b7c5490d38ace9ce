/**
 * The second-order start: patterns chosen by what their removal costs in a layer's output, survivors refitted exactly.
 *
 * <p>Moments of a layer's inputs and wanted outputs ({@link dev.filigree.pruner.secondorder.LayerMoments}) make a least-squares problem
 * ({@link dev.filigree.pruner.secondorder.LayerProblem}), from which patterns and a {@link dev.filigree.pruner.secondorder.PrunedLinear}
 * come. The patterns are chosen by a {@link dev.filigree.pruner.secondorder.PatternRule}: saliency of single weights is only where it
 * starts. Source: Hassibi and Stork, "Second order derivatives for network pruning: optimal brain surgeon" (NIPS 1992).
 */
package dev.filigree.pruner.secondorder;
