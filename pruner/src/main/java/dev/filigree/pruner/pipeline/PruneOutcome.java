package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.data.TaskScore;
import dev.filigree.pruner.train.Curve;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What a run came to.
 *
 * @param dense score of the dense fine-tuned model, by the trainer
 * @param pruned score of the pruned model in fp32, by the trainer
 * @param packed score of the packed file, by the runtime
 * @param predictions what those three answered, for each evaluation file
 * @param keptEnergies share of the dense weights' squares that the mask keeps, 0 to 1, of each pruned linear by its Hugging Face name
 * @param logitDifference largest difference between a logit of the runtime and of the trainer for the packed weights, divided by the
 *     text's largest logit where this is more than one
 * @param denseBytes bytes of the dense model's weights in fp32
 * @param packedBytes bytes of the packed file
 * @param plan the sparsity of each linear: as asked, or as made for a budget
 * @param curves of its phases, in the order in which they began, that before a restart included
 * @param seconds wall time of each phase, in order
 * @param file the packed file
 */
public record PruneOutcome(
        TaskScore dense,
        TaskScore pruned,
        TaskScore packed,
        List<Predictions> predictions,
        SequencedMap<String, Double> keptEnergies,
        double logitDifference,
        long denseBytes,
        long packedBytes,
        SparsityPlan plan,
        List<Curve> curves,
        SequencedMap<String, Double> seconds,
        Path file) {
    /** The mean kept energy of the pruned linears; 1 when none is pruned. */
    public double keptEnergy() {
        return mean(keptEnergies);
    }

    static double mean(Map<String, Double> keptEnergies) {
        return keptEnergies.values().stream().mapToDouble(Double::doubleValue).average().orElse(1);
    }
}
