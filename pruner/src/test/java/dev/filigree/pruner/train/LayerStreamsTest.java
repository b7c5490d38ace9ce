package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.filigree.pruner.secondorder.LayerMoments;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LayerStreamsTest {
    private final List<EncodedExample> examples = Tiny.examples(9, 3, 31);
    private BertClassifier dense;
    private BertClassifier pruned;

    @BeforeEach
    void open() {
        dense = Tiny.model(Tiny.HEAD, 3);
        pruned = dense.copy();
    }

    @AfterEach
    void close() {
        dense.close();
        pruned.close();
    }

    /** Between equal models the wanted outputs are those the weights give, so that {@code cross = [W, b] · gram}. */
    @Test
    void equalModelsWantWhatTheyGive() throws InterruptedException {
        try (LayerStreams streams = new LayerStreams(dense, pruned, Batch.sorted(examples, 4))) {
            for (int layer = 0; layer < Tiny.SHAPE.layers(); layer++) {
                assertThat(streams.layer()).isEqualTo(layer);
                for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                    Map<LinearRole, LayerMoments> all = streams.moments(stage);
                    assertThat(all.keySet()).containsExactlyElementsOf(stage.roles());
                    for (LinearRole role : stage.roles()) {
                        LayerMoments moments = all.get(role);
                        int tokens = examples.stream().mapToInt(EncodedExample::length).sum();
                        assertThat(moments.gram()[moments.gram().length - 1]).isEqualTo(tokens);
                        assertClose(moments.cross(), times(pruned.linear(layer, role), moments.gram()), 1e-3);
                    }
                }
                if (layer + 1 < Tiny.SHAPE.layers()) {
                    streams.advance();
                }
            }
            assertThatIllegalStateException().isThrownBy(streams::advance);
        }
    }

    /** The sums against tokens gone through one by one, text by text and so without padding. */
    @Test
    void sumsEqualThoseOfSingleTokens() throws InterruptedException {
        disturb(pruned.linear(0, LinearRole.KEY).weight());
        disturb(pruned.linear(1, LinearRole.VALUE).weight());
        disturb(pruned.linear(1, LinearRole.ATTENTION_OUTPUT).bias());
        try (LayerStreams streams = new LayerStreams(dense, pruned, Batch.sorted(examples, 4))) {
            streams.advance();
            for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                for (Map.Entry<LinearRole, LayerMoments> entry : streams.moments(stage).entrySet()) {
                    LinearRole role = entry.getKey();
                    LayerMoments moments = entry.getValue();
                    int inputs = role.inputs(Tiny.SHAPE);
                    int outputs = role.outputs(Tiny.SHAPE);
                    double[] gram = new double[(inputs + 1) * (inputs + 1)];
                    double[] cross = new double[outputs * (inputs + 1)];
                    for (EncodedExample example : examples) {
                        addTokens(example, role, gram, cross);
                    }
                    assertClose(moments.gram(), gram, 1e-3);
                    assertClose(moments.cross(), cross, 1e-3);
                }
            }
        }
    }

    @Test
    void showsInputsOfTheModelAsItIsNow() throws InterruptedException {
        try (LayerStreams streams = new LayerStreams(dense, pruned, Batch.sorted(examples, 4))) {
            double before = squares(streams, LayerStreams.Stage.FFN_OUT);
            Parameter bias = pruned.linear(0, LinearRole.FFN_IN).bias();
            disturb(bias);
            double after = squares(streams, LayerStreams.Stage.FFN_OUT);
            assertThat(after).isNotEqualTo(before);
            LayerMoments moments = streams.moments(LayerStreams.Stage.FFN_OUT).get(LinearRole.FFN_OUT);
            double trace = 0;
            for (int i = 0; i < Tiny.SHAPE.intermediate(); i++) {
                trace += moments.gram()[i * (Tiny.SHAPE.intermediate() + 2)];
            }
            assertThat(after).isCloseTo(trace, within(1e-3));
        }
    }

    @Test
    void endsWhereItIsInterrupted() throws InterruptedException {
        List<Batch> batches = Batch.sorted(examples, 4);
        try (LayerStreams streams = new LayerStreams(dense, pruned, batches)) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> streams.moments(LayerStreams.Stage.FFN_IN));
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(streams::advance);
        }
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> new LayerStreams(dense, pruned, batches));
    }

    @Test
    void leavesNoArraysBehind() throws InterruptedException {
        int before = pruned.openArrays() + dense.openArrays();
        try (LayerStreams streams = new LayerStreams(dense, pruned, Batch.sorted(examples, 2))) {
            int open = streams.openArrays();
            for (LayerStreams.Stage stage : LayerStreams.Stage.values()) {
                streams.moments(stage);
                streams.inputs(stage, inputs -> {});
            }
            streams.advance();
            assertThat(streams.openArrays()).isEqualTo(open);
        }
        assertThat(pruned.openArrays() + dense.openArrays()).isEqualTo(before);
    }

    private void addTokens(EncodedExample example, LinearRole role, double[] gram, double[] cross) {
        try (NDManager step = pruned.newStepManager()) {
            Batch one = Batch.of(List.of(example), List.of(0));
            NDArray have = inputOf(pruned, role, step, one);
            NDArray wanted = dense.math().linear(1, role, inputOf(dense, role, step, one));
            if (role == LinearRole.ATTENTION_OUTPUT || role == LinearRole.FFN_OUT) {
                LinearRole reader = role == LinearRole.FFN_OUT ? LinearRole.FFN_IN : LinearRole.QUERY;
                wanted = wanted.add(inputOf(dense, reader, step, one)).sub(inputOf(pruned, reader, step, one));
            }
            float[] x = have.toFloatArray();
            float[] y = wanted.toFloatArray();
            int inputs = role.inputs(Tiny.SHAPE);
            int outputs = role.outputs(Tiny.SHAPE);
            for (int t = 0; t < example.length(); t++) {
                for (int j = 0; j <= inputs; j++) {
                    double xj = j == inputs ? 1 : x[t * inputs + j];
                    for (int i = 0; i <= inputs; i++) {
                        gram[i * (inputs + 1) + j] += xj * (i == inputs ? 1 : x[t * inputs + i]);
                    }
                    for (int o = 0; o < outputs; o++) {
                        cross[o * (inputs + 1) + j] += xj * y[t * outputs + o];
                    }
                }
            }
        }
    }

    /** What a linear of the second layer reads. */
    private static NDArray inputOf(BertClassifier model, LinearRole role, NDManager step, Batch batch) {
        EncoderMath math = model.math();
        BatchArrays arrays = BatchArrays.of(step, batch, Tiny.SHAPE);
        NDArray x = math.layer(0, math.embed(arrays), arrays);
        NDArray context = math.context(1, x, arrays);
        NDArray attended = math.attentionResidual(1, x, context);
        return switch (role) {
            case QUERY, KEY, VALUE -> x;
            case ATTENTION_OUTPUT -> context;
            case FFN_IN -> attended;
            case FFN_OUT -> math.ffnActivation(1, attended);
        };
    }

    private static double[] times(PrunableLinear linear, double[] gram) {
        int inputs = linear.weight().columns();
        int outputs = linear.weight().rows();
        double[] product = new double[outputs * (inputs + 1)];
        for (int o = 0; o < outputs; o++) {
            for (int i = 0; i <= inputs; i++) {
                double weight = i == inputs ? linear.bias().weights()[o] : linear.weight().weights()[o * inputs + i];
                for (int j = 0; j <= inputs; j++) {
                    product[o * (inputs + 1) + j] += weight * gram[i * (inputs + 1) + j];
                }
            }
        }
        return product;
    }

    private static double squares(LayerStreams streams, LayerStreams.Stage stage) throws InterruptedException {
        List<Double> sums = new ArrayList<>();
        streams.inputs(stage, inputs -> sums.add((double) inputs.mul(inputs).sum().getFloat()));
        return sums.stream().mapToDouble(Double::doubleValue).sum();
    }

    private static void disturb(Parameter parameter) {
        Random random = new Random(parameter.size());
        for (int i = 0; i < parameter.size(); i++) {
            parameter.weights()[i] += (float) (0.5 * random.nextGaussian());
        }
        parameter.publish();
    }

    private static void assertClose(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within(tolerance));
        }
    }
}
