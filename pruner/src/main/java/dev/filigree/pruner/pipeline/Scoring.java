package dev.filigree.pruner.pipeline;

import dev.filigree.format.Task;
import dev.filigree.pruner.data.EvaluationFile;
import dev.filigree.pruner.data.Example;
import dev.filigree.pruner.data.TaskScore;
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

    /** Scores logits {@code [examples][labels]} of one evaluation file. */
    public static TaskScore score(Task task, EvaluationFile source, float[][] logits) {
        return source.metric().score(predictions(task, logits), source.file().targets());
    }

    /**
     * Predictions from logits {@code [examples][labels]}: the index of the largest one of each row (the first of equals), or for a
     * regression the output itself.
     */
    static float[] predictions(Task task, float[][] logits) {
        float[] predictions = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            int best = 0;
            for (int j = 1; j < logits[i].length; j++) {
                best = logits[i][j] > logits[i][best] ? j : best;
            }
            predictions[i] = task.regression() ? logits[i][0] : best;
        }
        return predictions;
    }
}
