package dev.filigree.pruner.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How much each term of an imitation counts; a term of weight 0 is not computed.
 *
 * @param labels the task's own loss
 * @param logits the teacher's logits
 * @param hidden the teacher's hidden states
 * @param relations the teacher's self-attention relations
 */
public record DistillationWeights(double labels, double logits, double hidden, double relations) {
    /** Logits and hidden states. */
    public static final DistillationWeights DEFAULT = new DistillationWeights(0, 1, 1, 0);

    private static final List<String> NAMES = List.of("labels", "logits", "hidden", "relations");

    /** Checks that no weight is negative and one is positive. */
    public DistillationWeights {
        double least = Math.min(Math.min(labels, logits), Math.min(hidden, relations));
        double sum = labels + logits + hidden + relations;
        if (!(least >= 0) || !(sum > 0) || Double.isInfinite(sum)) {
            throw new IllegalArgumentException("The weights of distillation must not be negative, and one must be positive.");
        }
    }

    /**
     * Reads terms separated by commas, each with a weight or 1, such as {@code logits,hidden,relations=0.5}; what is not named has
     * weight 0.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    public static DistillationWeights parse(String text) {
        double[] weights = new double[4];
        for (String term : text.split(",", -1)) {
            String[] parts = term.strip().toLowerCase(Locale.ROOT).split("=", 2);
            int index = NAMES.indexOf(parts[0]);
            if (index < 0) {
                throw new IllegalArgumentException(
                        "'" + parts[0] + "' is nothing to distil: the terms are " + String.join(", ", NAMES) + ", each with =WEIGHT or 1.");
            }
            weights[index] = parts.length == 1 ? 1 : weight(parts[1], term);
        }
        return new DistillationWeights(weights[0], weights[1], weights[2], weights[3]);
    }

    private static double weight(String text, String term) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + term + "' has no number after '=': write for example relations=0.5.", e);
        }
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        double[] weights = {labels, logits, hidden, relations};
        List<String> terms = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                terms.add(weights[i] == 1 ? NAMES.get(i) : NAMES.get(i) + "=" + weights[i]);
            }
        }
        return String.join(",", terms);
    }
}
