package dev.filigree.pruner.glue;

/**
 * Labelled rows of GLUE's own files (Wang et al. 2019, table 1, and the data sets as they are downloaded), to tell a whole file from a part
 * of one.
 */
public final class OfficialRows {
    private OfficialRows() {}

    /**
     * Rows of a file, headers left out; of MNLI those with a gold label.
     *
     * @throws IllegalArgumentException when the task has no such file
     */
    public static int of(GlueTask task, GlueSplit split) {
        if (split != GlueSplit.TRAIN && !task.devSplits().contains(split)) {
            throw new IllegalArgumentException(task.folder() + " has no file " + split.stem() + ".tsv.");
        }
        return switch (task) {
            case COLA -> split == GlueSplit.TRAIN ? 8_551 : 1_043;
            case SST2 -> split == GlueSplit.TRAIN ? 67_349 : 872;
            case MRPC -> split == GlueSplit.TRAIN ? 3_668 : 408;
            case STSB -> split == GlueSplit.TRAIN ? 5_749 : 1_500;
            case QQP -> split == GlueSplit.TRAIN ? 363_846 : 40_430;
            case MNLI -> switch (split) {
                case TRAIN -> 392_702;
                case DEV_MATCHED -> 9_815;
                default -> 9_832;
            };
            case QNLI -> split == GlueSplit.TRAIN ? 104_743 : 5_463;
            case RTE -> split == GlueSplit.TRAIN ? 2_490 : 277;
            case WNLI -> split == GlueSplit.TRAIN ? 635 : 71;
        };
    }
}
