package dev.filigree.pruner.budget;

import dev.filigree.format.Sparsity;

/**
 * One thing that a linear may become.
 *
 * @param sparsity what it would get
 * @param loss what that would cost in accuracy, 0 or more, in any unit that adds up over linears
 * @param cost what it would take of the budget, 0 or more: nanoseconds or bytes
 */
public record LinearOption(Sparsity sparsity, double loss, double cost) {
    /** Checks the ranges. */
    public LinearOption {
        if (!(loss >= 0) || !(cost >= 0) || Double.isInfinite(loss) || Double.isInfinite(cost)) {
            throw new IllegalArgumentException(
                    "A linear's loss and cost must be finite and not negative, not " + loss + " and " + cost + ".");
        }
    }
}
