package dev.filigree.pruner.train;

import java.util.Optional;

/**
 * What training minimises: {@code labelWeight · task loss}, plus the distillation terms where there is a teacher. The task loss is
 * cross-entropy, or the mean squared error of a regression.
 *
 * @param labelWeight weight of the task loss
 * @param distillation imitation of a teacher
 */
public record Objective(double labelWeight, Optional<Distillation> distillation) {
    /** Checks that something is minimised. */
    public Objective {
        if (!(labelWeight > 0) && distillation.map(d -> !(d.logitWeight() + d.hiddenWeight() + d.relationWeight() > 0)).orElse(true)) {
            throw new IllegalArgumentException("An objective needs at least one term with a positive weight.");
        }
    }

    /** The task loss alone. */
    public static final Objective LABELS = new Objective(1, Optional.empty());

    /** Imitation of logits at temperature 2 and of all hidden states. */
    public static Objective imitate(Teacher teacher) {
        return imitate(teacher, DistillationWeights.DEFAULT);
    }

    /** Imitation with these weights, of logits at temperature 2. */
    public static Objective imitate(Teacher teacher, DistillationWeights weights) {
        Distillation distillation = new Distillation(teacher, weights.logits(), weights.hidden(), weights.relations(), 2);
        return new Objective(weights.labels(), Optional.of(distillation));
    }

    /**
     * Imitation of a teacher (Hinton et al. 2015, arXiv 1503.02531; hidden states as in TinyBERT, Jiao et al. 2020, arXiv 1909.10351;
     * self-attention relations as in MiniLMv2, Wang et al. 2021, arXiv 2012.15828, section 3.1, with the heads of the model and of its last
     * layer, since teacher and student have the same).
     *
     * @param teacher of the student's shape
     * @param logitWeight weight of {@code T² · KL(teacher ‖ student)} at temperature T, or of the squared error of a regression's score
     * @param hiddenWeight weight of the mean squared error of each layer's hidden states, padding left out, summed over the layers
     * @param relationWeight weight of {@code KL(teacher ‖ student)} between the distributions {@code softmax(A Aᵀ / sqrt(head width))} of
     *     the last layer, for A its queries, keys and values; the mean over tokens, heads and these three
     * @param temperature T, positive
     */
    public record Distillation(Teacher teacher, double logitWeight, double hiddenWeight, double relationWeight, double temperature) {
        /** Checks the temperature. */
        public Distillation {
            if (!(temperature > 0)) {
                throw new IllegalArgumentException("The temperature of distillation must be positive, but is " + temperature + ".");
            }
        }
    }
}
