package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.LayerNorm;

/**
 * The last layer's activations as they lie on the device.
 *
 * @param hidden features
 * @param stride tokens from one block of features to the next
 * @param activations fp16, in the order of {@code layout.h}
 * @param statistics sums and sums of squares, {@code [padded hidden / 64][stride][2]}, where norms are folded
 */
record HiddenStates(int hidden, int stride, short[] activations, float[] statistics) {
    /** Writes normalised activations, {@code [tokens, hidden]} from {@code to} on. */
    void normalised(int tokens, float[] states, int to) {
        for (int token = 0; token < tokens; token++) {
            for (int feature = 0; feature < hidden; feature++) {
                states[to + token * hidden + feature] = activation(feature, token);
            }
        }
    }

    /** Writes activations that are a folded norm's (see {@code folded_norm.cuh}), {@code [tokens, hidden]} from {@code to} on. */
    void folded(int tokens, LayerNorm norm, double epsilon, float[] states, int to) {
        for (int token = 0; token < tokens; token++) {
            double sum = 0;
            double squares = 0;
            for (int at = token; at < statistics.length / 2; at += stride) {
                sum += statistics[2 * at];
                squares += statistics[2 * at + 1];
            }
            double mean = sum / hidden;
            double scale = 1 / Math.sqrt(Math.max(0, squares / hidden - mean * mean) + epsilon);
            for (int feature = 0; feature < hidden; feature++) {
                states[to + token * hidden + feature] =
                        (float) (scale * (activation(feature, token) - mean * norm.gamma()[feature]) + norm.beta()[feature]);
            }
        }
    }

    private float activation(int feature, int token) {
        return Float.float16ToFloat(activations[Math.toIntExact(DeviceLayout.activation(feature, token, stride))]);
    }
}
