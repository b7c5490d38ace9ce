package dev.filigree.pruner.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8191, 8192, 16383, 16384, 16385, 100_000})
    void arraysOfAnyLengthComeBackBitForBit(int length) throws IOException {
        Random random = new Random(length);
        float[] floats = new float[length];
        double[] doubles = new double[length];
        int[] integers = random.ints(length).toArray();
        for (int i = 0; i < length; i++) {
            floats[i] = Float.intBitsToFloat(random.nextInt());
            doubles[i] = Double.longBitsToDouble(random.nextLong());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StateWriter writer = new StateWriter(bytes);
        writer.floats("f", floats);
        writer.doubles("d", doubles);
        writer.integers("i", integers);
        writer.doubles("d again", doubles);
        StateReader reader = reader(bytes);
        float[] floatsBack = new float[length];
        double[] doublesBack = new double[length];
        int[] integersBack = new int[length];
        reader.floats("f", floatsBack);
        reader.doubles("d", doublesBack);
        reader.integers("i", integersBack);
        for (int i = 0; i < length; i++) {
            assertThat(Float.floatToRawIntBits(floatsBack[i])).isEqualTo(Float.floatToRawIntBits(floats[i]));
            assertThat(Double.doubleToRawLongBits(doublesBack[i])).isEqualTo(Double.doubleToRawLongBits(doubles[i]));
        }
        assertThat(integersBack).isEqualTo(integers);
        assertThat(reader.doubles("d again")).hasSize(length);
    }

    @Test
    void numbersAndTextsComeBack() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StateWriter writer = new StateWriter(bytes);
        writer.number("n", Long.MIN_VALUE);
        writer.real("r", -0.0);
        writer.text("t", "größer ✓");
        writer.text("empty", "");
        StateReader reader = reader(bytes);
        assertThat(reader.number("n")).isEqualTo(Long.MIN_VALUE);
        assertThat(reader.real("r")).isEqualTo(-0.0);
        assertThat(reader.text("t")).isEqualTo("größer ✓");
        assertThat(reader.text("empty")).isEmpty();
    }

    @Test
    void refusesWhatIsNotAskedFor() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new StateWriter(bytes).floats("query.weight", new float[4]);
        assertThatIOException().isThrownBy(() -> reader(bytes).floats("key.weight", new float[4]))
                .withMessageContaining("query.weight").withMessageContaining("key.weight");
        assertThatIOException().isThrownBy(() -> reader(bytes).doubles("query.weight", new double[4])).withMessageContaining("(f)");
        assertThatIOException().isThrownBy(() -> reader(bytes).floats("query.weight", new float[5])).withMessageContaining("4 values");
        bytes.reset();
        new StateWriter(bytes).floats("query.weight", new float[4]);
        byte[] cut = Arrays.copyOf(bytes.toByteArray(), bytes.size() - 1);
        assertThatIOException()
                .isThrownBy(() -> new StateReader(new ByteArrayInputStream(cut)).floats("query.weight", new float[4]))
                .withMessageContaining("ends in the middle");
    }

    private static StateReader reader(ByteArrayOutputStream bytes) {
        return new StateReader(new ByteArrayInputStream(bytes.toByteArray()));
    }
}
