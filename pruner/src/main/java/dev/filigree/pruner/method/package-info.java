/**
 * The pruning methods as state machines over weight arrays, free of any training framework:
 * {@link dev.filigree.pruner.method.AdmmState}, {@link dev.filigree.pruner.method.SrSte}, and the chain of steps that a user names
 * ({@link dev.filigree.pruner.method.MethodChain}).
 */
package dev.filigree.pruner.method;
