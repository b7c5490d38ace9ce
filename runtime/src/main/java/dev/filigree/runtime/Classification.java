package dev.filigree.runtime;

import java.util.List;

/**
 * The answer for one text or pair.
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
        String label, float score, List<String> labels, float[] scores, float[] logits, int tokens, boolean truncated) {}
