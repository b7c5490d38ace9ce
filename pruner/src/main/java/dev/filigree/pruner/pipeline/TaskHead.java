package dev.filigree.pruner.pipeline;

import dev.filigree.format.Task;
import dev.filigree.pruner.base.BaseModel.Labels;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Whether the classifier of a fine-tuned model answers a task's question, and its rows in the order of the task's labels. */
final class TaskHead {
    private static final String WEIGHT = "classifier.weight";
    private static final String BIAS = "classifier.bias";
    /** What Transformers call labels that nobody named. */
    private static final Pattern NAMELESS = Pattern.compile("label_\\d+");

    private TaskHead() {}

    /**
     * For each label of the task the row of the classifier that stands for it; empty when the labels are others. Labels that nobody named
     * are taken to be in the order of the task's data set, in which the training scripts of Transformers leave them.
     */
    static Optional<List<Integer>> rows(Labels labels, Task task) {
        List<String> wanted = task.labels();
        if (labels.regression() != task.regression() || labels.names().size() != wanted.size()) {
            return Optional.empty();
        }
        List<String> names = labels.names().stream().map(TaskHead::plain).toList();
        if (task.regression() || names.stream().allMatch(name -> NAMELESS.matcher(name).matches())) {
            return Optional.of(IntStream.range(0, wanted.size()).boxed().toList());
        }
        List<Integer> rows = wanted.stream().map(label -> names.indexOf(plain(label))).toList();
        return rows.contains(-1) ? Optional.empty() : Optional.of(rows);
    }

    /** The weights with the classifier's rows so ordered. */
    static Map<String, float[]> ordered(Map<String, float[]> weights, List<Integer> rows) {
        Map<String, float[]> result = new HashMap<>(weights);
        result.put(WEIGHT, ordered(weights.get(WEIGHT), rows));
        result.put(BIAS, ordered(weights.get(BIAS), rows));
        return result;
    }

    /** The weights without the classifier. */
    static Map<String, float[]> without(Map<String, float[]> weights) {
        Map<String, float[]> result = new HashMap<>(weights);
        result.remove(WEIGHT);
        result.remove(BIAS);
        return result;
    }

    private static float[] ordered(float[] values, List<Integer> rows) {
        int width = values.length / rows.size();
        float[] result = new float[values.length];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(values, rows.get(i) * width, result, i * width, width);
        }
        return result;
    }

    private static String plain(String label) {
        return label.toLowerCase(Locale.ROOT).replaceAll("[\\s-]+", "_");
    }
}
