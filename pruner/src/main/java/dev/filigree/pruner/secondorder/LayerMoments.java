package dev.filigree.pruner.secondorder;

/**
 * What one linear layer saw and what it should have answered, over calibration tokens. With a constant one appended to every input,
 * {@code X} is {@code [tokens, inputs + 1]}; the wanted outputs {@code T} are {@code [tokens, outputs]}.
 *
 * <p>X is taken on the stream that is already pruned up to this layer; T holds this layer's outputs on the dense stream, and for the two
 * linears that write the residual stream also the residual by which the dense stream leads the pruned one, so that they repair it.
 *
 * <p>Sums and means over tokens serve alike: both arrays are divided by the corner entry of {@code gram}, which counts the tokens.
 *
 * @param inputs columns of the layer's weight
 * @param outputs rows of the layer's weight
 * @param gram {@code XᵀX}, row-major {@code [inputs + 1, inputs + 1]}, the constant last; only the lower triangle is read
 * @param cross {@code TᵀX}, row-major {@code [outputs, inputs + 1]}
 */
public record LayerMoments(int inputs, int outputs, double[] gram, double[] cross) {
    /** Checks the lengths, and that every value is finite. */
    public LayerMoments {
        requireLength("gram", gram, inputs + 1L, inputs + 1L);
        requireLength("cross", cross, outputs, inputs + 1L);
        if (!(gram[gram.length - 1] > 0)) {
            throw new IllegalArgumentException("The moments hold no tokens: the corner of the gram matrix must count them.");
        }
    }

    /** The mean square of each input, a metric for {@link dev.filigree.pruner.pattern.Projection}. */
    public double[] inputMeanSquares() {
        int size = inputs + 1;
        double[] squares = new double[inputs];
        for (int i = 0; i < inputs; i++) {
            squares[i] = gram[i * size + i] / gram[gram.length - 1];
        }
        return squares;
    }

    private static void requireLength(String name, double[] values, long rows, long columns) {
        if (values.length != rows * columns) {
            throw new IllegalArgumentException(
                    "The " + name + " moments need " + rows + " x " + columns + " values, got " + values.length + ".");
        }
        for (double value : values) {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException(
                        "The " + name + " moments hold " + value + ": the calibration texts drove the layer out of range.");
            }
        }
    }
}
