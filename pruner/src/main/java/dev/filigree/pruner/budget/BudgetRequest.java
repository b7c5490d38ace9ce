package dev.filigree.pruner.budget;

import dev.filigree.format.Sparsity;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A budget and what each linear may become to stay within it; every linear may also stay dense.
 *
 * @param budget what the model may take
 * @param candidates pruned sparsities, at least one
 */
public record BudgetRequest(Budget budget, List<Sparsity> candidates) {
    /** Checks that there is something to choose. */
    public BudgetRequest {
        candidates = candidates.stream().filter(sparsity -> !sparsity.isDense()).distinct().toList();
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException("A budget needs at least one sparsity beside dense to choose from.");
        }
    }

    @Override
    public String toString() {
        return budget + " from " + candidates.stream().map(Sparsity::toString).collect(Collectors.joining(","));
    }
}
