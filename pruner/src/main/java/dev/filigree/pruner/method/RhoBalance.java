package dev.filigree.pruner.method;

/**
 * When and by how much rho changes: it grows by {@code factor} when the primal residual is more than {@code imbalance} times the dual one,
 * and shrinks by it in the opposite case (Boyd et al. 2011, section 3.4.1; with relative residuals, so that the scale of the loss does not
 * matter, as Wohlberg 2017, arXiv 1704.06209, advises).
 *
 * @param imbalance above 1
 * @param factor above 1, or exactly 1 for a constant rho; a power of two rescales U without rounding
 * @param smallest rho never falls below
 * @param largest rho never rises above
 */
public record RhoBalance(double imbalance, float factor, float smallest, float largest) {
    /** Rho stays as it is. */
    public static final RhoBalance CONSTANT = new RhoBalance(10, 1, Float.MIN_NORMAL, Float.MAX_VALUE);

    /** Checks the ranges. */
    public RhoBalance {
        if (!(imbalance > 1) || !(factor >= 1) || !(smallest > 0) || !(largest >= smallest)) {
            throw new IllegalArgumentException("Residual balancing needs an imbalance above 1, a factor of at least 1 and 0 < smallest <= "
                    + "largest, got " + imbalance + ", " + factor + ", " + smallest + " and " + largest + ".");
        }
    }

    /** Doubles and halves rho at an imbalance of 10, over three decimal orders on either side of where it starts. */
    public static RhoBalance around(float rho) {
        return new RhoBalance(10, 2, rho / 1000, rho * 1000);
    }

    /** Rho after these residuals. */
    float next(float rho, Residuals residuals) {
        if (residuals.primal() == 0) {
            return rho;
        }
        if (residuals.primal() > imbalance * residuals.dual() && rho * factor <= largest) {
            return rho * factor;
        }
        if (residuals.dual() > imbalance * residuals.primal() && rho / factor >= smallest) {
            return rho / factor;
        }
        return rho;
    }
}
