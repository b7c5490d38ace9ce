package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.filigree.pruner.pattern.Parallel;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Residence.class)
class AdamWTest {
    private static final AdamW.Settings NO_DECAY = new AdamW.Settings(0.9f, 0.999f, 1e-8f, 0);

    private final Residence residence;
    private NDManager manager;

    AdamWTest(Residence residence) {
        this.residence = residence;
    }

    @BeforeEach
    void open() {
        manager = Tiny.engine().newManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Algorithm 2 of arXiv 1711.05101 with gradients 0.5 and then -1, at rate 0.1 and decay 0.1, worked out by hand. */
    @Test
    void equalsHandComputedSteps() {
        Parameter parameter = matrix(new float[] {2});
        AdamW optimizer = new AdamW(new AdamW.Settings(0.9f, 0.999f, 1e-8f, 0.1f), List.of(parameter));
        setGradient(parameter, new float[] {0.5f});
        optimizer.step(0.1, 1);
        // m = 0.05, v = 0.00025; corrected 0.5 and 0.25: a step of 0.1 · 0.5 / 0.5, and a decay of 0.1 · 0.1 · 2.
        assertThat((double) parameter.weights()[0]).isCloseTo(2 - 0.1 - 0.02, within(1e-6));
        setGradient(parameter, new float[] {-1});
        optimizer.step(0.1, 1);
        // m = 0.045 - 0.1 = -0.055, v = 0.00024975 + 0.001 = 0.00124975; corrected -0.055 / 0.19 and 0.00124975 / 0.001999.
        double step = 0.1 * (-0.055 / 0.19) / Math.sqrt(0.00124975 / 0.001999);
        assertThat((double) parameter.weights()[0]).isCloseTo(1.88 * 0.99 - step, within(1e-6));
    }

    @Test
    void doesTheSameOnOneThreadAndOnTwo() {
        float[] start = random(300_001, 1);
        float[] gradient = random(start.length, 2);
        Parameter one = matrix(start);
        Parameter two = matrix(start);
        setGradient(one, gradient);
        setGradient(two, gradient);
        Parallel.setThreads(1);
        new AdamW(AdamW.Settings.DEFAULT, List.of(one)).step(0.01, 0.7);
        Parallel.setThreads(2);
        new AdamW(AdamW.Settings.DEFAULT, List.of(two)).step(0.01, 0.7);
        assertThat(two.weights()).isEqualTo(one.weights()).isNotEqualTo(start);
        assertThat(two.leaf().toFloatArray()).isEqualTo(two.weights());
    }

    @Test
    void zeroesGradientsEvenIfTheyAreNotNumbers() {
        Parameter parameter = matrix(new float[] {1, 1});
        setGradient(parameter, new float[] {Float.NaN, 1});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        assertThat(optimizer.gradientNorm()).isNaN();
        optimizer.step(0.1, 1);
        assertThat(optimizer.gradientNorm()).isZero();
    }

    @Test
    void measuresTheNormOfAllGradients() {
        Parameter a = matrix(new float[] {1, 1});
        Parameter b = matrix(new float[] {1});
        setGradient(a, new float[] {1, -2});
        setGradient(b, new float[] {2});
        assertThat(new AdamW(NO_DECAY, List.of(a, b)).gradientNorm()).isCloseTo(3, within(1e-6));
    }

    @Test
    void measuresKeptGradientsUnderFixedMask() {
        Parameter parameter = matrix(new float[] {1, 1, 1});
        parameter.applyMask(new float[] {1, 0, 1});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        optimizer.setRule(parameter, new UpdateRule.FixedMask());
        setGradient(parameter, new float[] {3, 100, 4});
        assertThat(optimizer.gradientNorm()).isCloseTo(5, within(1e-6));
    }

    @Test
    void decaysMatricesOnly() {
        Parameter matrix = matrix(new float[] {1});
        Parameter vector = parameter(new Shape(1), new float[] {1});
        setGradient(matrix, new float[] {0});
        setGradient(vector, new float[] {0});
        new AdamW(new AdamW.Settings(0.9f, 0.999f, 1e-8f, 0.5f), List.of(matrix, vector)).step(0.1, 1);
        assertThat(matrix.weights()).containsExactly(0.95f);
        assertThat(vector.weights()).containsExactly(1);
    }

    @Test
    void fixedMaskHoldsWeightsAndMomentsAtZero() {
        Parameter parameter = matrix(new float[] {1, 2});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        setGradient(parameter, new float[] {1, 1});
        optimizer.step(0.1, 1);
        parameter.applyMask(new float[] {0, 1});
        optimizer.setRule(parameter, new UpdateRule.FixedMask());
        setGradient(parameter, new float[] {1, 1});
        optimizer.step(0.1, 1);
        assertThat(parameter.weights()[0]).isZero();
        optimizer.setRule(parameter, new UpdateRule.Free());
        parameter.clearMask();
        setGradient(parameter, new float[] {0, 0});
        optimizer.step(0.1, 1);
        assertThat(parameter.weights()[0]).as("a moment that had leaked would move it").isZero();
        assertThat(parameter.weights()[1]).isLessThan(1.8f);
    }

    @Test
    void proximalTermPullsToItsTarget() {
        float[] target = {3, -1};
        Parameter parameter = matrix(new float[] {0, 0});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        optimizer.setRule(parameter, new UpdateRule.Proximal(0.5f, target));
        for (int i = 0; i < 2000; i++) {
            setGradient(parameter, new float[] {1, 0});
            optimizer.step(0.01, 1);
        }
        // Where the gradient 1 and the pull 0.5 (w - 3) cancel.
        assertThat(parameter.weights()[0]).isCloseTo(1, within(1e-2f));
        assertThat(parameter.weights()[1]).isCloseTo(-1, within(1e-2f));
    }

    /**
     * Why SR-STE's decay must not pass through Adam. Fed as a gradient, the decay is divided by the root of its own square: weights that
     * have no other gradient shrink at the full learning rate whatever lambda is. Applied to the weights directly, it obeys lambda.
     */
    @Test
    void decayThroughMomentsForgetsItsStrength() {
        assertThat(1 - decayed(true, 0.1f)).isCloseTo(1 - decayed(true, 0.001f), within(1e-3)).isGreaterThan(0.09);
        double strong = -Math.log(decayed(false, 0.1f));
        double weak = -Math.log(decayed(false, 0.001f));
        assertThat(strong / weak).isCloseTo(100, within(1.0));
    }

    /** The other harm: the second moment it leaves behind holds back a weight that returns. */
    @Test
    void decayThroughMomentsHoldsReturningWeightsBack() {
        assertThat(returned(true)).isLessThan(returned(false) / 10);
    }

    @Test
    void straightThroughMovesDroppedWeightsAndHidesThem() {
        Parameter parameter = matrix(new float[] {1, 2});
        parameter.applyMask(new float[] {1, 0});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        optimizer.setRule(parameter, new UpdateRule.StraightThrough(2));
        setGradient(parameter, new float[] {1, 1});
        optimizer.step(0.1, 1);
        assertThat(parameter.weights()[0]).isCloseTo(0.9f, within(1e-6f));
        assertThat(parameter.weights()[1]).isCloseTo(2 * (1 - 0.1f * 2) - 0.1f, within(1e-6f));
        assertThat(parameter.leaf().toFloatArray()).containsExactly(parameter.weights()[0], 0);
    }

    @Test
    void refusesRulesThatCannotHold() {
        Parameter parameter = matrix(new float[] {1, 2});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        assertThatIllegalArgumentException().isThrownBy(() -> optimizer.setRule(parameter, new UpdateRule.FixedMask()));
        assertThatIllegalArgumentException().isThrownBy(() -> optimizer.setRule(parameter, new UpdateRule.StraightThrough(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> optimizer.setRule(parameter, new UpdateRule.Proximal(1, new float[1])));
        assertThatIllegalArgumentException().isThrownBy(() -> optimizer.setRule(matrix(new float[] {1}), new UpdateRule.Free()));
    }

    /** What is left of a dropped weight of 1 after 10 steps at rate 0.01 without a gradient of the loss. */
    private double decayed(boolean throughMoments, float lambda) {
        Parameter parameter = dropped(throughMoments, lambda, 10);
        return parameter.weights()[0];
    }

    /** How far a weight moves in 5 steps of gradient 1e-3 after it was dropped for 100 steps. */
    private double returned(boolean throughMoments) {
        Parameter parameter = matrix(new float[] {1});
        parameter.applyMask(new float[] {0});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        optimizer.setRule(parameter, decay(throughMoments, 1));
        for (int i = 0; i < 100; i++) {
            setGradient(parameter, new float[] {0});
            optimizer.step(1e-4, 1);
        }
        optimizer.setRule(parameter, new UpdateRule.Free());
        parameter.applyMask(new float[] {1});
        // The first moment dies out before the steps that count.
        for (int i = 0; i < 100; i++) {
            setGradient(parameter, new float[] {0});
            optimizer.step(1e-4, 1);
        }
        float before = parameter.weights()[0];
        for (int i = 0; i < 5; i++) {
            setGradient(parameter, new float[] {1e-3f});
            optimizer.step(1e-4, 1);
        }
        return before - parameter.weights()[0];
    }

    private Parameter dropped(boolean throughMoments, float lambda, int steps) {
        Parameter parameter = matrix(new float[] {1});
        parameter.applyMask(new float[] {0});
        AdamW optimizer = new AdamW(NO_DECAY, List.of(parameter));
        optimizer.setRule(parameter, decay(throughMoments, lambda));
        for (int i = 0; i < steps; i++) {
            setGradient(parameter, new float[] {0});
            optimizer.step(0.01, 1);
        }
        return parameter;
    }

    /** A pull to zero is the same term, fed to the moments. */
    private static UpdateRule decay(boolean throughMoments, float lambda) {
        return throughMoments ? new UpdateRule.Proximal(lambda, new float[1]) : new UpdateRule.StraightThrough(lambda);
    }

    private Parameter matrix(float[] weights) {
        return parameter(new Shape(1, weights.length), weights);
    }

    private Parameter parameter(Shape shape, float[] weights) {
        Parameter parameter = new Parameter(manager, "w", shape, weights, residence);
        parameter.setTrainable(true);
        return parameter;
    }

    private void setGradient(Parameter parameter, float[] gradient) {
        try (NDManager step = manager.newSubManager(); GradientCollector collector = Tiny.engine().engine().newGradientCollector()) {
            NDArray factors = step.create(gradient, parameter.leaf().getShape());
            collector.backward(factors.mul(parameter.leaf()).sum());
        }
    }

    private static float[] random(int size, long seed) {
        float[] values = new float[size];
        Random random = new Random(seed);
        IntStream.range(0, size).forEach(i -> values[i] = (float) random.nextGaussian());
        return values;
    }
}
