package dev.filigree.pruner.budget;

/** Even the cheapest choice takes more than the budget allows. */
public final class UnreachableBudgetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final double cheapest;
    private final double limit;

    UnreachableBudgetException(double cheapest, double limit) {
        super("Even the cheapest choice costs " + cheapest + ", more than the limit of " + limit + ".");
        this.cheapest = cheapest;
        this.limit = limit;
    }

    /** The least sum of costs that the options allow. */
    public double cheapest() {
        return cheapest;
    }

    /** What it had to stay within. */
    public double limit() {
        return limit;
    }
}
