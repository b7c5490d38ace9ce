package dev.filigree.pruner.pipeline;

import dev.filigree.format.DType;
import dev.filigree.pruner.train.DistillationWeights;
import dev.filigree.pruner.train.EarlyStopping;
import dev.filigree.pruner.train.Precision;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a run may do beyond the usual.
 *
 * @param distillation what the student imitates while pruning
 * @param augment share of the words of training texts, 0 to 1, that are replaced while pruning
 * @param quantizeAware share of the last training method's steps, 0 to 1, that see weights as the file will store them
 * @param stopping whether and when phases of training end before their last step
 * @param precision in what steps of training multiply
 */
public record TrainingOptions(
        DistillationWeights distillation,
        double augment,
        double quantizeAware,
        Optional<EarlyStopping> stopping,
        Precision precision) {
    /** The usual. */
    public static final TrainingOptions DEFAULT =
            new TrainingOptions(DistillationWeights.DEFAULT, 0.3, 0, Optional.empty(), Precision.FP32);

    /** Checks the shares. */
    public TrainingOptions {
        if (!(augment >= 0 && augment <= 1)) {
            throw new IllegalArgumentException("The share of words to replace must lie in 0..1, but is " + augment + ".");
        }
        if (augment > 0 && distillation.labels() > 0) {
            throw new IllegalArgumentException(
                    "A text with other words has no label, only the teacher's answer: leave labels out of what is imitated.");
        }
        if (!(quantizeAware >= 0 && quantizeAware <= 1)) {
            throw new IllegalArgumentException("The share of quantisation-aware steps must lie in 0..1, but is " + quantizeAware + ".");
        }
    }

    /** What of them counts where nothing is pruned. */
    public TrainingOptions ofDense() {
        return new TrainingOptions(DistillationWeights.DEFAULT, 0, 0, stopping, precision);
    }

    /** The same where no method trains, and so no words are replaced. */
    public TrainingOptions withoutAugment() {
        return new TrainingOptions(distillation, 0, quantizeAware, stopping, precision);
    }

    /**
     * Checks them against how weights are stored.
     *
     * @throws IllegalArgumentException when weights are to be seen as stored that are stored as they are
     */
    public void requireFits(StoredTypes types) {
        if (quantizeAware > 0 && types.weights() == DType.FP32) {
            throw new IllegalArgumentException("Weights that are stored in fp32 are not rounded: leave the quantisation-aware steps out.");
        }
    }

    /** What is not as usual, as provenance records it. */
    public Map<String, String> asText() {
        Map<String, String> text = new LinkedHashMap<>();
        if (!distillation.equals(DistillationWeights.DEFAULT)) {
            text.put("distill", distillation.toString());
        }
        if (augment > 0) {
            text.put("augment", Double.toString(augment));
        }
        if (quantizeAware > 0) {
            text.put("quantize-aware", Double.toString(quantizeAware));
        }
        stopping.ifPresent(early -> {
            text.put("patience", Integer.toString(early.patience()));
            text.put("held-out", Double.toString(early.share()));
        });
        if (precision != Precision.FP32) {
            text.put("precision", precision.name().toLowerCase(Locale.ROOT));
        }
        return text;
    }
}
