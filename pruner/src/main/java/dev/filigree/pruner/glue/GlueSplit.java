package dev.filigree.pruner.glue;

/** The labelled files of a task. The test files of GLUE carry no labels and are not read. */
public enum GlueSplit {
    /** What is trained on. */
    TRAIN("train"),
    /** What is evaluated on. */
    DEV("dev"),
    /** MNLI: evaluation texts of the genres that training has. */
    DEV_MATCHED("dev_matched"),
    /** MNLI: evaluation texts of other genres. */
    DEV_MISMATCHED("dev_mismatched");

    private final String stem;

    GlueSplit(String stem) {
        this.stem = stem;
    }

    /** The name of its file without {@code .tsv}. */
    public String stem() {
        return stem;
    }
}
