package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The linear in bf16 against products of rounded numbers in Java. */
class Bf16LinearTest {
    private static final int TOKENS = 6;
    private static final int INPUTS = 40;
    private static final int OUTPUTS = 24;
    /** Half a step of a number with eight significant bits. */
    private static final double ROUNDING = 1.0 / 256;

    private final TorchEngine engine = Tiny.engine();
    private final Random random = new Random(5);
    private final float[] inputs = gaussian(TOKENS * INPUTS);
    private final float[] weights = gaussian(OUTPUTS * INPUTS);
    private final float[] biases = gaussian(OUTPUTS);
    private Bf16Linear linear;
    private NDManager manager;
    private NDArray x;
    private NDArray weight;
    private NDArray bias;

    @BeforeEach
    void open() {
        linear = new Bf16Linear();
        manager = engine.newManager();
        x = manager.create(inputs, new Shape(2, TOKENS / 2, INPUTS));
        weight = manager.create(weights, new Shape(OUTPUTS, INPUTS));
        bias = manager.create(biases, new Shape(OUTPUTS));
    }

    @AfterEach
    void close() {
        manager.close();
        linear.close();
    }

    @Test
    void multipliesRoundedNumbersAndAnswersInFp32() {
        NDArray y = linear.of(x, weight, bias);
        assertThat(y.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(y.getShape()).isEqualTo(new Shape(2, TOKENS / 2, OUTPUTS));
        assertThat(y.getManager()).isSameAs(manager);
        float[] values = y.toFloatArray();
        double[] rounded = product(rounded(inputs), rounded(weights), rounded(biases));
        double[] exact = product(inputs, weights, biases);
        for (int i = 0; i < values.length; i++) {
            assertThat((double) values[i]).isCloseTo(rounded[i], within(ROUNDING * Math.abs(rounded[i]) + 1e-5));
        }
        assertThat(IntStream.range(0, values.length).mapToDouble(i -> Math.abs(values[i] - exact[i])).max().orElseThrow())
                .as("what rounding costs").isBetween(1e-3, 0.2);
    }

    @Test
    void hasTheGradientsOfTheProduct() {
        float[] upstream = gaussian(TOKENS * OUTPUTS);
        for (NDArray operand : new NDArray[] {x, weight, bias}) {
            operand.setRequiresGradient(true);
        }
        try (GradientCollector collector = engine.engine().newGradientCollector()) {
            NDArray factors = manager.create(upstream, new Shape(2, TOKENS / 2, OUTPUTS));
            collector.backward(linear.of(x, weight, bias).mul(factors).sum());
        }
        double[] ofInputs = new double[TOKENS * INPUTS];
        double[] ofWeights = new double[OUTPUTS * INPUTS];
        double[] ofBiases = new double[OUTPUTS];
        for (int token = 0; token < TOKENS; token++) {
            for (int output = 0; output < OUTPUTS; output++) {
                float g = upstream[token * OUTPUTS + output];
                ofBiases[output] += g;
                for (int input = 0; input < INPUTS; input++) {
                    ofInputs[token * INPUTS + input] += g * weights[output * INPUTS + input];
                    ofWeights[output * INPUTS + input] += g * inputs[token * INPUTS + input];
                }
            }
        }
        assertThat(distance(x.getGradient(), ofInputs)).isLessThan(ROUNDING);
        assertThat(distance(weight.getGradient(), ofWeights)).isLessThan(ROUNDING);
        assertThat(distance(bias.getGradient(), ofBiases)).isLessThan(ROUNDING);
    }

    /** Relative to the expected values' norm. */
    private static double distance(NDArray gradient, double[] expected) {
        assertThat(gradient.getDataType()).isEqualTo(DataType.FLOAT32);
        float[] actual = gradient.toFloatArray();
        assertThat(actual).hasSameSizeAs(expected);
        double error = IntStream.range(0, actual.length).mapToDouble(i -> Math.pow(actual[i] - expected[i], 2)).sum();
        return Math.sqrt(error / IntStream.range(0, actual.length).mapToDouble(i -> expected[i] * expected[i]).sum());
    }

    private static double[] product(float[] x, float[] w, float[] b) {
        double[] y = new double[TOKENS * OUTPUTS];
        for (int i = 0; i < y.length; i++) {
            int token = i / OUTPUTS;
            int output = i % OUTPUTS;
            y[i] = b[output] + IntStream.range(0, INPUTS)
                    .mapToDouble(input -> (double) x[token * INPUTS + input] * w[output * INPUTS + input])
                    .sum();
        }
        return y;
    }

    /** To bf16, the upper half of an fp32, ties to even. */
    private static float[] rounded(float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToIntBits(values[i]);
            rounded[i] = Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
        }
        return rounded;
    }

    private float[] gaussian(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
