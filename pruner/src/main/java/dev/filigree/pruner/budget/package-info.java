/**
 * Mixed sparsity under a budget: what each linear may become, what that would cost in accuracy and take in time or bytes
 * ({@link dev.filigree.pruner.budget.LinearOption}), and the choice for all of them that costs least
 * ({@link dev.filigree.pruner.budget.Allocation}).
 */
package dev.filigree.pruner.budget;
