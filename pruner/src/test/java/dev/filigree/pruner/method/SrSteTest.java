package dev.filigree.pruner.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Projection;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SrSteTest {
    private static final BlockGrid GRID = BlockGrid.of(1, 4, Sparsity.parse("2:4"));
    private static final Constraint PATTERNS = new Constraint.AnyPatterns(Projection.euclidean(GRID));

    @Test
    void theGradientOfKeptWeightsIsThatOfTheMaskedLoss() {
        BlockGrid grid = BlockGrid.of(6, 16, Sparsity.parse("2:4@2"));
        float[] weights = gaussian(grid.size(), 41);
        SrSte method = new SrSte(new Constraint.AnyPatterns(Projection.euclidean(grid)), weights);
        float[] kept = method.mask().toFloats();
        double[] straightThrough = gradientAt(effective(method, weights));
        float step = 1f / 512;
        for (int i = 0; i < weights.length; i++) {
            float[] up = weights.clone();
            float[] down = weights.clone();
            up[i] += step;
            down[i] -= step;
            double width = (double) up[i] - down[i];
            double slope = (lossAt(effective(method, up)) - lossAt(effective(method, down))) / width;
            // A pruned weight does not reach the loss; the straight-through gradient treats it as if it did.
            assertThat(slope).isCloseTo(kept[i] * straightThrough[i], within(1e-4));
        }
    }

    @Test
    void refreshFollowsTheWeightsAndCountsTheChanges() {
        float[] weights = {4, 3, 2, 1};
        SrSte method = new SrSte(PATTERNS, weights);
        assertThat(method.refresh(weights)).isZero();
        weights[2] = -3.5f;
        assertThat(effective(method, weights)).containsExactly(4, 3, 0, 0);
        assertThat(method.refresh(weights)).isEqualTo(0.5);
        assertThat(effective(method, weights)).containsExactly(4, 0, -3.5f, 0);
    }

    /**
     * The Adam question. Two pruned weights see the same noisy gradients; one takes the decay through Adam's moments, as SR-STE was written
     * for SGD, the other beside them.
     */
    @Test
    void decayWithinAdamLosesItsStrengthAndHoldsBackWeightsThatReturn() {
        double[] fed = {decayed(0.01f, true), decayed(0.02f, true)};
        double[] beside = {decayed(0.01f, false), decayed(0.02f, false)};
        double fedGain = fed[1] / fed[0];
        double besideGain = beside[1] / beside[0];
        assertThat(besideGain).as("beside Adam, doubling lambda takes %.2f times as much off", besideGain).isBetween(1.8, 2.1);
        assertThat(fedGain).as("through Adam, doubling lambda takes only %.2f times as much off", fedGain).isLessThan(1.2);

        double fedMoment = afterPruning(true).second[2];
        double besideMoment = afterPruning(false).second[2];
        assertThat(fedMoment / besideMoment)
                .as("second moment of a pruned weight: %.3g fed by the decay, %.3g without it", fedMoment, besideMoment)
                .isGreaterThan(50);

        double fedStep = stepsAfterReturn(true);
        double besideStep = stepsAfterReturn(false);
        assertThat(besideStep / fedStep)
                .as("after its return the weight moves %.3g in 20 steps, but only %.3g when its moments were fed by the decay",
                        besideStep, fedStep)
                .isGreaterThan(5);
    }

    /** What the forward pass computes with. */
    private static float[] effective(SrSte method, float[] weights) {
        float[] kept = weights.clone();
        method.mask().apply(kept);
        return kept;
    }

    private static void decay(SrSte method, float[] weights, float share) {
        float[] kept = method.mask().toFloats();
        for (int i = 0; i < weights.length; i++) {
            weights[i] *= 1 - share * (1 - kept[i]);
        }
    }

    /** How far 300 steps of decay pull a pruned weight of 1 below where the same gradients alone would leave it. */
    private static double decayed(float lambda, boolean fed) {
        return run(0, fed).weights[2] - run(lambda, fed).weights[2];
    }

    private static Run afterPruning(boolean fed) {
        return run(0.01f, fed);
    }

    /** The distance that a weight goes in 20 steps under a steady gradient, once it is back in the mask and its momentum is spent. */
    private static double stepsAfterReturn(boolean fed) {
        Run run = afterPruning(fed);
        float before = 0;
        for (int i = 0; i < 100; i++) {
            before = i == 80 ? run.weights[2] : before;
            run.adam(new float[] {0, 0, 1e-4f, 0});
        }
        return Math.abs(run.weights[2] - before);
    }

    private static Run run(float lambda, boolean fed) {
        Run run = new Run();
        SrSte method = new SrSte(PATTERNS, run.weights);
        Random random = new Random(43);
        for (int i = 0; i < 300; i++) {
            float[] gradient = gaussian(4, random.nextLong());
            for (int j = 0; j < 4; j++) {
                gradient[j] *= 1e-4f;
            }
            if (fed) {
                float[] kept = effective(method, run.weights);
                for (int j = 0; j < 4; j++) {
                    gradient[j] += lambda * (run.weights[j] - kept[j]);
                }
            } else {
                decay(method, run.weights, Run.LEARNING_RATE * lambda);
            }
            run.adam(gradient);
        }
        return run;
    }

    /** Adam (Kingma and Ba 2015) on four weights, the last two of them pruned. */
    private static final class Run {
        private static final float LEARNING_RATE = 1e-3f;

        private final float[] weights = {3, 3, 1, 1};
        private final double[] first = new double[4];
        private final double[] second = new double[4];
        private int step;

        void adam(float[] gradient) {
            step++;
            for (int i = 0; i < 4; i++) {
                first[i] = 0.9 * first[i] + 0.1 * gradient[i];
                second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
                double mean = first[i] / (1 - Math.pow(0.9, step));
                double root = Math.sqrt(second[i] / (1 - Math.pow(0.999, step)));
                weights[i] -= (float) (LEARNING_RATE * mean / (root + 1e-8));
            }
        }
    }

    /** A smooth loss that couples neighbours. */
    private static double lossAt(float[] w) {
        double loss = 0;
        for (int i = 0; i < w.length; i++) {
            loss += Math.sin(w[i]) + 0.3 * w[i] * w[(i + 1) % w.length];
        }
        return loss;
    }

    private static double[] gradientAt(float[] w) {
        double[] gradient = new double[w.length];
        for (int i = 0; i < w.length; i++) {
            gradient[i] = Math.cos(w[i]) + 0.3 * (w[(i + 1) % w.length] + w[(i + w.length - 1) % w.length]);
        }
        return gradient;
    }

    private static float[] gaussian(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
