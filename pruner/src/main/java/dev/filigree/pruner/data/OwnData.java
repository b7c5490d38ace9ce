package dev.filigree.pruner.data;

import dev.filigree.format.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A task of the user's own: tables of texts, or pairs, with a label or a score each. Labels are scored by accuracy and macro F1, scores by
 * Pearson and Spearman correlation. Immutable and thread-safe; the files are read once.
 */
public final class OwnData implements LabelledData {
    /** A column with more different labels than this is something else. */
    static final int MAX_LABELS = 1000;

    private static final Pattern WHOLE_NUMBER = Pattern.compile("-?\\d{1,18}");
    private static final int HELD_OUT = 10;
    /** The same rows are held out whatever the seed of a run, so that its results compare with others'. */
    private static final long HELD_OUT_SEED = 1;

    private final Task task;
    private final Columns columns;
    private final Optional<ExampleFile> train;
    private final ExampleFile dev;

    private OwnData(Task task, Columns columns, Optional<ExampleFile> train, ExampleFile dev) {
        this.task = task;
        this.columns = columns;
        this.train = train;
        this.dev = dev;
    }

    /**
     * Reads data to train on and be judged by. The labels are those of the training table: in the order of the numbers if they are whole
     * numbers, else of the alphabet.
     *
     * @param name of the task, which files made from it bear
     * @param train table to train on
     * @param dev table to be judged by; without one a tenth of the training rows is held out
     * @param columns what they are called in both
     * @param scores whether the label column holds scores instead, which makes it a regression
     * @throws MissingDataException when a file is not there
     * @throws MalformedDataException when one is not as it should be; the message says where
     * @throws IOException when one cannot be read
     */
    public static OwnData of(String name, Path train, Optional<Path> dev, Columns columns, boolean scores) throws IOException {
        TableFile trained = TableFile.read(train, columns);
        List<String> labels = scores ? List.of(columns.label()) : labels(trained);
        Task task = new Task(name, labels, scores, columns.second().isPresent());
        ExampleFile all = examples(trained, task);
        if (dev.isPresent()) {
            ExampleFile judging = examples(TableFile.read(dev.get(), columns), task);
            String named = judging.name().equals(all.name()) ? judging.name() + " (dev)" : judging.name();
            return new OwnData(task, columns, Optional.of(all), part(judging, named, judging.examples()));
        }
        List<Example> shuffled = new ArrayList<>(all.examples());
        Collections.shuffle(shuffled, new Random(HELD_OUT_SEED));
        int held = shuffled.size() / HELD_OUT;
        if (held == 0) {
            throw new MalformedDataException(train + " has too few rows to hold some out to judge by: give a table of them, too.");
        }
        return new OwnData(task, columns, Optional.of(part(all, all.name(), shuffled.subList(held, shuffled.size()))),
                part(all, all.name() + " (held out)", shuffled.subList(0, held)));
    }

    /**
     * Reads data that a model of a known task is judged by; there is nothing to train on.
     *
     * @param task with the labels that may occur
     * @param dev the table
     * @param columns what they are called in it
     * @throws MissingDataException when the file is not there
     * @throws MalformedDataException when it is not as it should be; the message says where
     * @throws IOException when it cannot be read
     */
    public static OwnData judging(Task task, Path dev, Columns columns) throws IOException {
        return new OwnData(task, columns, Optional.empty(), examples(TableFile.read(dev, columns), task));
    }

    @Override
    public Task task() {
        return task;
    }

    @Override
    public Map<String, String> asText() {
        Map<String, String> text = new LinkedHashMap<>();
        text.put("text-column", columns.first());
        columns.second().ifPresent(second -> text.put("pair-column", second));
        text.put("label-column", columns.label());
        text.put("scores", Boolean.toString(task.regression()));
        return text;
    }

    @Override
    public ExampleFile train() throws MissingDataException {
        return train.orElseThrow(() -> new MissingDataException("There is no table to train on."));
    }

    @Override
    public List<EvaluationFile> dev() {
        return List.of(new EvaluationFile(dev, task.regression() ? OwnData::correlations : OwnData::accuracies));
    }

    private static TaskScore accuracies(float[] predicted, float[] expected) {
        Metrics.requireFits(predicted, expected);
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        values.put("accuracy", Metrics.accuracy(predicted, expected));
        values.put("macro_f1", Metrics.macroF1(predicted, expected));
        return new TaskScore(values.get("accuracy"), values);
    }

    private static TaskScore correlations(float[] predicted, float[] expected) {
        Metrics.requireFits(predicted, expected);
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        values.put("pearson", Metrics.pearson(predicted, expected));
        values.put("spearman", Metrics.spearman(predicted, expected));
        return new TaskScore((values.get("pearson") + values.get("spearman")) / 2, values);
    }

    private static List<String> labels(TableFile table) throws MalformedDataException {
        List<String> labels = new ArrayList<>(new TreeSet<>(table.rows().stream().map(TableFile.Row::label).toList()));
        if (labels.stream().allMatch(label -> WHOLE_NUMBER.matcher(label).matches())) {
            labels.sort(Comparator.<String>comparingLong(Long::parseLong).thenComparing(Comparator.naturalOrder()));
        }
        if (labels.size() < 2) {
            throw new MalformedDataException(table.path() + " has only the label '" + labels.getFirst() + "': there is nothing to learn.");
        }
        if (labels.size() > MAX_LABELS) {
            throw new MalformedDataException(table.path() + " has " + labels.size() + " different labels, more than " + MAX_LABELS
                    + ": name the column that holds them, or say that they are scores.");
        }
        return labels;
    }

    private static ExampleFile examples(TableFile table, Task task) throws MalformedDataException {
        List<Example> examples = new ArrayList<>(table.rows().size());
        for (TableFile.Row row : table.rows()) {
            examples.add(new Example(row.first(), row.second(), task.regression() ? score(row) : label(row, task)));
        }
        return new ExampleFile(table.path().getFileName().toString(), examples, 0, examples.size(), table.sha256());
    }

    private static float label(TableFile.Row row, Task task) throws MalformedDataException {
        int label = task.labels().indexOf(row.label());
        if (label < 0) {
            throw new MalformedDataException(row.place() + ", has the label '" + row.label() + "', which is none of "
                    + String.join(", ", task.labels()) + ".");
        }
        return label;
    }

    private static float score(TableFile.Row row) throws MalformedDataException {
        try {
            float score = Float.parseFloat(row.label());
            if (Float.isFinite(score)) {
                return score;
            }
        } catch (NumberFormatException _) {
            // Told below, as what is not finite.
        }
        throw new MalformedDataException(row.place() + ", has '" + row.label() + "' where a score is needed.");
    }

    private static ExampleFile part(ExampleFile whole, String name, List<Example> examples) {
        return new ExampleFile(name, examples, 0, examples.size(), whole.sha256());
    }
}
