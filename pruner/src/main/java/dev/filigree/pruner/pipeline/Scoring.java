package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.glue.Example;
import dev.filigree.pruner.glue.GlueMetrics;
import dev.filigree.pruner.glue.GlueSplit;
import dev.filigree.pruner.glue.GlueTask;
import dev.filigree.pruner.glue.TaskScore;
import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import java.util.ArrayList;
import java.util.List;

/** Runs examples through a packed file as any user of the runtime would, and scores logits wherever they come from. */
public final class Scoring {
    private static final int CHUNK = 64;

    private Scoring() {}

    /**
     * Logits {@code [examples][labels]}, in order.
     *
     * @throws InterruptedException when the thread was interrupted before all of them were computed
     */
    public static float[][] logits(Classifier classifier, List<Example> examples) throws InterruptedException {
        List<float[]> logits = new ArrayList<>(examples.size());
        for (int from = 0; from < examples.size(); from += CHUNK) {
            if (Thread.interrupted()) {
                throw new InterruptedException("Evaluation was stopped.");
            }
            List<TextInput> inputs = examples.subList(from, Math.min(examples.size(), from + CHUNK)).stream()
                    .map(example -> new TextInput(example.first(), example.second()))
                    .toList();
            classifier.classify(inputs).stream().map(Classification::logits).forEach(logits::add);
        }
        return logits.toArray(float[][]::new);
    }

    /** Scores logits {@code [examples][labels]} of one evaluation file with the task's official metrics. */
    public static TaskScore score(GlueTask task, GlueSplit split, List<Example> examples, float[][] logits) {
        float[] expected = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            expected[i] = examples.get(i).target();
        }
        return GlueMetrics.score(task, split, predictions(task, logits), expected);
    }

    /** Label indices, or scores for a regression, from logits {@code [examples][labels]}. */
    static float[] predictions(GlueTask task, float[][] logits) {
        int labels = task.labels().size();
        float[] flat = new float[logits.length * labels];
        for (int i = 0; i < logits.length; i++) {
            System.arraycopy(logits[i], 0, flat, i * labels, labels);
        }
        return GlueMetrics.predictions(task, flat);
    }
}
