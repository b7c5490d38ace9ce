package dev.filigree.runtime;

import dev.filigree.format.Task;
import dev.filigree.runtime.tokenizer.TokenizedText;
import java.util.Arrays;
import java.util.List;

/**
 * The answer for one text or pair. Its arrays are the caller's own; answers are equal only where they share them.
 *
 * @param label the label with the highest score; the task's one name for a regression
 * @param score its probability; for a regression the predicted value
 * @param labels every label, in the model's order
 * @param scores probability of each label (softmax of the logits); for a regression the one value
 * @param logits raw outputs of the classifier, {@code [labels]}
 * @param tokens tokens the text took, special tokens included
 * @param truncated whether the text was cut to the longest sequence
 */
public record Classification(
        String label, float score, List<String> labels, float[] scores, float[] logits, int tokens, boolean truncated) {
    static Classification of(Task task, float[] logits, TokenizedText text) {
        float[] scores = task.regression() ? logits.clone() : softmax(logits);
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return new Classification(
                task.labels().get(best), scores[best], task.labels(), scores, logits, text.ids().length, text.truncated());
    }

    /** All components, with the numbers of the arrays. */
    @Override
    public String toString() {
        return "Classification[label=" + label + ", score=" + score + ", labels=" + labels + ", scores=" + Arrays.toString(scores)
                + ", logits=" + Arrays.toString(logits) + ", tokens=" + tokens + ", truncated=" + truncated + "]";
    }

    private static float[] softmax(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        float[] probabilities = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = (float) (Math.exp(logits[i] - max) / sum);
        }
        return probabilities;
    }
}
