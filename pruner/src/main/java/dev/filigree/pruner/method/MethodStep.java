package dev.filigree.pruner.method;

/** One step of pruning, in the order in which steps may follow each other. */
public enum MethodStep {
    /** Choose patterns by magnitude, once. */
    MAGNITUDE("magnitude"),
    /** Choose patterns by magnitude times the norm of the input, once. */
    WANDA("wanda"),
    /** Choose patterns by what their removal costs in each layer's outputs, and refit the kept weights. */
    SECOND_ORDER("obs"),
    /** Choose patterns by ADMM on each layer's outputs, without training, and refit the kept weights. */
    ALPS("alps"),
    /** Train while more and more blocks take a pattern. */
    GRADUAL("gradual"),
    /** Train towards the patterns with ADMM, then project. */
    ADMM("admm"),
    /** Train through the projection with SR-STE. */
    SR_STE("sr-ste"),
    /** Train the kept weights alone. */
    FIXED_MASK("fixed-mask");

    private final String word;

    MethodStep(String word) {
        this.word = word;
    }

    /** The name on the command line. */
    public String word() {
        return word;
    }

    /** Whether the step lets rows of alike saliency share a block, whatever their order in the matrix. */
    public boolean groupsRows() {
        return this == SECOND_ORDER || this == ALPS;
    }

    /** Whether the step chooses patterns from a dense layer without training. */
    public boolean isStart() {
        return compareTo(GRADUAL) < 0;
    }
}
