package dev.filigree.runtime.kernel.reference;

import dev.filigree.format.Linear;

/** {@code y = W x + b} with the weights unpacked, row-major {@code [outputs, inputs]}. */
record ReferenceLinear(float[] weights, float[] bias) {
    ReferenceLinear(Linear linear) {
        this(linear.weight().toFloats(), linear.bias());
    }

    /** One output vector. */
    double[] apply(double[] x) {
        double[] y = new double[bias.length];
        for (int row = 0; row < y.length; row++) {
            double sum = bias[row];
            for (int column = 0; column < x.length; column++) {
                sum += weights[row * x.length + column] * x[column];
            }
            y[row] = sum;
        }
        return y;
    }

    /** An output vector for each token, {@code [tokens, outputs]}. */
    double[][] apply(double[][] states) {
        double[][] outputs = new double[states.length][];
        for (int token = 0; token < states.length; token++) {
            outputs[token] = apply(states[token]);
        }
        return outputs;
    }
}
