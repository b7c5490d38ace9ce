package dev.filigree.pruner.glue;

import dev.filigree.format.Task;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The nine tasks of GLUE (Wang et al. 2019, arXiv 1804.07461): where each lies in the standard layout, what its columns and labels are.
 * The order of labels is that of the Hugging Face data sets.
 */
public enum GlueTask {
    /** Is the sentence acceptable English? The only task without a header line. */
    COLA("cola", "CoLA", Columns.headerless(4, 3, 1), List.of("0", "1"), List.of("unacceptable", "acceptable")),
    /** Is the phrase of a film review positive? */
    SST2("sst2", "SST-2", Columns.single("sentence", "label"), List.of("0", "1"), List.of("negative", "positive")),
    /** Do two sentences of the news say the same? */
    MRPC("mrpc", "MRPC", Columns.pair("#1 String", "#2 String", "Quality"), List.of("0", "1"), List.of("not_equivalent", "equivalent")),
    /** How similar are two sentences, from 0 to 5? */
    STSB("stsb", "STS-B", Columns.pair("sentence1", "sentence2", "score"), List.of(), List.of("similarity")),
    /** Do two questions ask the same? */
    QQP("qqp", "QQP", Columns.pair("question1", "question2", "is_duplicate"), List.of("0", "1"), List.of("not_duplicate", "duplicate")),
    /** Does the first sentence entail or contradict the second? */
    MNLI(
            "mnli",
            "MNLI",
            Columns.pair("sentence1", "sentence2", "gold_label"),
            List.of("entailment", "neutral", "contradiction"),
            List.of("entailment", "neutral", "contradiction")),
    /** Does the sentence hold the answer to the question? */
    QNLI(
            "qnli",
            "QNLI",
            Columns.pair("question", "sentence", "label"),
            List.of("entailment", "not_entailment"),
            List.of("entailment", "not_entailment")),
    /** Does the first text entail the second? */
    RTE(
            "rte",
            "RTE",
            Columns.pair("sentence1", "sentence2", "label"),
            List.of("entailment", "not_entailment"),
            List.of("entailment", "not_entailment")),
    /** Does the sentence with its pronoun resolved follow? */
    WNLI("wnli", "WNLI", Columns.pair("sentence1", "sentence2", "label"), List.of("0", "1"), List.of("not_entailment", "entailment"));

    private final String id;
    private final String folder;
    private final Columns columns;
    private final List<String> codes;
    private final List<String> labels;

    GlueTask(String id, String folder, Columns columns, List<String> codes, List<String> labels) {
        this.id = id;
        this.folder = folder;
        this.columns = columns;
        this.codes = codes;
        this.labels = labels;
    }

    /**
     * Where a row keeps what is read. With a header the columns are found by name, as their places differ between files (MNLI has 12
     * columns in train and 16 in dev); without one, by place.
     *
     * @param headerless for a file without header: number of columns and the places of text and label, from 0
     * @param first name of the column of the first text
     * @param second name of the column of the second text, if texts come in pairs
     * @param label name of the column of label or score
     */
    record Columns(Optional<Places> headerless, String first, Optional<String> second, String label) {
        record Places(int count, int first, Optional<Integer> second, int label) {}

        private static Columns headerless(int count, int text, int label) {
            return new Columns(Optional.of(new Places(count, text, Optional.empty(), label)), "sentence", Optional.empty(), "label");
        }

        private static Columns single(String text, String label) {
            return new Columns(Optional.empty(), text, Optional.empty(), label);
        }

        private static Columns pair(String first, String second, String label) {
            return new Columns(Optional.empty(), first, Optional.of(second), label);
        }
    }

    /**
     * The task of a short name such as {@code sst2}; case and hyphens do not matter.
     *
     * @throws IllegalArgumentException with a sentence for the user when there is none
     */
    public static GlueTask of(String name) {
        return Arrays.stream(values())
                .filter(task -> task.id.equalsIgnoreCase(name.replace("-", "")))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no GLUE task '" + name + "': write one of "
                        + Arrays.stream(values()).map(GlueTask::id).collect(Collectors.joining(", ")) + "."));
    }

    /** Short name, for example {@code sst2}. */
    public String id() {
        return id;
    }

    /** Its folder in the standard layout, for example {@code SST-2}. */
    public String folder() {
        return folder;
    }

    /** Names of the labels in the order of {@link dev.filigree.pruner.data.Example#target}; one name for a regression. */
    public List<String> labels() {
        return labels;
    }

    /** Whether an input is a pair of texts. */
    public boolean pairs() {
        return columns.second().isPresent();
    }

    /** Whether the target is a score rather than a label. */
    public boolean regression() {
        return codes.isEmpty();
    }

    /** The files to evaluate on: one, or two for MNLI. */
    public List<GlueSplit> devSplits() {
        return this == MNLI ? List.of(GlueSplit.DEV_MATCHED, GlueSplit.DEV_MISMATCHED) : List.of(GlueSplit.DEV);
    }

    /** The task as a model file records it. */
    public Task toTask() {
        return new Task(id, labels, regression(), pairs());
    }

    Columns columns() {
        return columns;
    }

    /** How the files spell the labels, in the order of {@link #labels}; empty for a regression. */
    List<String> codes() {
        return codes;
    }

    /** Name of a file in the standard layout, for example {@code SST-2/dev.tsv}. */
    String fileName(GlueSplit split) {
        return folder + "/" + split.stem() + ".tsv";
    }
}
