package dev.filigree.pruner.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The units in which a regression learns its scores: whatever their own, they go from 0 to 5 there, as STS-B's do, so that learning rates
 * and the weights of losses mean the same for all data.
 *
 * @param zero the score that is 0 in these units
 * @param unit how much of a score one of them is, positive
 */
public record ScoreScale(float zero, float unit) {
    /** Scores as they are. */
    public static final ScoreScale NONE = new ScoreScale(0, 1);

    private static final float RANGE = 5;
    private static final String WEIGHT = Parameters.CLASSIFIER + ".weight";
    private static final String BIAS = Parameters.CLASSIFIER + ".bias";

    /** For examples whose targets are scores. Those that are all alike are only shifted. */
    public static ScoreScale of(List<EncodedExample> examples) {
        double least = examples.stream().mapToDouble(EncodedExample::target).min().orElse(0);
        double most = examples.stream().mapToDouble(EncodedExample::target).max().orElse(0);
        return new ScoreScale((float) least, most > least ? (float) ((most - least) / RANGE) : 1);
    }

    /** Scores in these units. */
    float[] learned(float[] scores) {
        float[] learned = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            learned[i] = (scores[i] - zero) / unit;
        }
        return learned;
    }

    /** The scores of so many units. */
    float[] scores(float[] learned) {
        float[] scores = new float[learned.length];
        for (int i = 0; i < learned.length; i++) {
            scores[i] = learned[i] * unit + zero;
        }
        return scores;
    }

    /** Weights by name with a classifier, if there is one, that tells these units in place of scores. */
    Map<String, float[]> learned(Map<String, float[]> weights) {
        Map<String, float[]> learned = new LinkedHashMap<>(weights);
        learned.computeIfPresent(WEIGHT, (_, values) -> new ScoreScale(0, unit).learned(values));
        learned.computeIfPresent(BIAS, (_, values) -> learned(values));
        return learned;
    }

    /** Weights by name with a classifier that tells scores in place of these units. */
    Map<String, float[]> scores(Map<String, float[]> learned) {
        Map<String, float[]> weights = new LinkedHashMap<>(learned);
        weights.computeIfPresent(WEIGHT, (_, values) -> new ScoreScale(0, unit).scores(values));
        weights.computeIfPresent(BIAS, (_, values) -> scores(values));
        return weights;
    }
}
