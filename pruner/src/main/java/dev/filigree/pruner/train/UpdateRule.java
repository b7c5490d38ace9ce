package dev.filigree.pruner.train;

/** What the optimiser does to a weight besides Adam's step. */
public sealed interface UpdateRule {
    /** Nothing: every weight follows its gradient. */
    record Free() implements UpdateRule {}

    /** Only what the parameter's mask keeps is trained: gradient, both moments and the master weights are masked in every step. */
    record FixedMask() implements UpdateRule {}

    /**
     * SR-STE (Zhou et al. 2021, arXiv 2102.04010, eq. 6): the straight-through gradient reaches every weight, and those that the mask drops
     * decay by {@code learningRate · decay}. The decay acts on the weights directly and never enters Adam's moments: through the second
     * moment it would cancel its own strength and shrink the steps of weights that return.
     *
     * @param decay lambda, per unit of learning rate, at least 0
     */
    record StraightThrough(float decay) implements UpdateRule {
        /** Checks the decay. */
        public StraightThrough {
            if (!(decay >= 0)) {
                throw new IllegalArgumentException("The decay of SR-STE must not be negative, but is " + decay + ".");
            }
        }
    }

    /**
     * ADMM's quadratic (Boyd et al. 2011, section 3.1): {@code rho · (W − Z + U)} is added to the gradient and feeds the moments.
     *
     * @param rho at least 0
     * @param target {@code Z − U}, the size of the weight; after a change to it the rule must be set anew
     */
    record Proximal(float rho, float[] target) implements UpdateRule {
        /** Checks rho. */
        public Proximal {
            if (!(rho >= 0)) {
                throw new IllegalArgumentException("The penalty rho of ADMM must not be negative, but is " + rho + ".");
            }
        }
    }
}
