package dev.filigree.pruner.secondorder;

import java.util.Arrays;
import java.util.Random;

/** A small layer with inputs that share a few factors and noisy targets, and slow plain computations to check against. */
final class Calibration {
    final int inputs;
    final int outputs;
    final int tokens;
    /** {@code [tokens][inputs + 1]}, the constant last. */
    final double[][] x;
    /** {@code [tokens][outputs]}. */
    final double[][] targets;
    /** The trained weights, {@code [outputs * inputs]}. */
    final float[] weight;

    Calibration(int inputs, int outputs, int tokens, long seed) {
        Random random = new Random(seed);
        this.inputs = inputs;
        this.outputs = outputs;
        this.tokens = tokens;
        this.x = new double[tokens][inputs + 1];
        this.targets = new double[tokens][outputs];
        this.weight = new float[outputs * inputs];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        double[][] loadings = new double[Math.ceilDiv(inputs, 3)][inputs];
        for (double[] factor : loadings) {
            Arrays.setAll(factor, j -> random.nextGaussian() * Math.exp(-2 * random.nextDouble()));
        }
        for (int t = 0; t < tokens; t++) {
            Arrays.setAll(x[t], j -> 0.3 + 0.5 * random.nextGaussian());
            for (double[] factor : loadings) {
                double strength = random.nextGaussian();
                for (int j = 0; j < inputs; j++) {
                    x[t][j] += strength * factor[j];
                }
            }
            x[t][inputs] = 1;
            for (int r = 0; r < outputs; r++) {
                targets[t][r] = 0.5 * r + 0.2 * random.nextGaussian();
                for (int j = 0; j < inputs; j++) {
                    targets[t][r] += weight[r * inputs + j] * x[t][j];
                }
            }
        }
    }

    /** Sums over tokens, times a factor. */
    LayerMoments moments(double factor) {
        int size = inputs + 1;
        double[] gram = new double[size * size];
        double[] cross = new double[outputs * size];
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    gram[i * size + j] += factor * x[t][i] * x[t][j];
                }
                for (int r = 0; r < outputs; r++) {
                    cross[r * size + i] += factor * targets[t][r] * x[t][i];
                }
            }
        }
        return new LayerMoments(inputs, outputs, gram, cross);
    }

    double lambda(double damping) {
        double sum = 0;
        for (double[] row : x) {
            for (int j = 0; j < inputs; j++) {
                sum += row[j] * row[j];
            }
        }
        return damping * sum / tokens / inputs;
    }

    /** Half the mean squared error of one output, plus the damping. */
    double loss(int output, double[] w, double bias, double lambda) {
        double error = 0;
        for (int t = 0; t < tokens; t++) {
            double y = bias - targets[t][output];
            for (int j = 0; j < inputs; j++) {
                y += w[j] * x[t][j];
            }
            error += y * y / tokens;
        }
        for (int j = 0; j < inputs; j++) {
            double change = w[j] - weight[output * inputs + j];
            error += lambda * change * change;
        }
        return error / 2;
    }

    /**
     * Weights and bias {@code [inputs + 1]} of one output by least squares over the kept inputs, through a QR factorisation of the data
     * itself with the damping as extra rows, so that no normal equations are formed.
     */
    double[] leastSquares(int output, boolean[] kept, double lambda) {
        int columns = 1;
        for (boolean keep : kept) {
            columns += keep ? 1 : 0;
        }
        double[][] q = new double[columns][tokens + inputs];
        double[] target = new double[tokens + inputs];
        int[] source = new int[columns];
        int column = 0;
        for (int j = 0; j <= inputs; j++) {
            if (j == inputs || kept[j]) {
                source[column] = j;
                for (int t = 0; t < tokens; t++) {
                    q[column][t] = x[t][j] / Math.sqrt(tokens);
                }
                if (j < inputs) {
                    q[column][tokens + j] = Math.sqrt(lambda);
                }
                column++;
            }
        }
        for (int t = 0; t < tokens; t++) {
            target[t] = targets[t][output] / Math.sqrt(tokens);
        }
        for (int j = 0; j < inputs; j++) {
            target[tokens + j] = Math.sqrt(lambda) * weight[output * inputs + j];
        }
        double[] solved = modifiedGramSchmidt(q, target);
        double[] all = new double[inputs + 1];
        for (int c = 0; c < columns; c++) {
            all[source[c]] = solved[c];
        }
        return all;
    }

    private static double[] modifiedGramSchmidt(double[][] q, double[] target) {
        int n = q.length;
        double[][] r = new double[n][n];
        double[] z = new double[n];
        for (int c = 0; c < n; c++) {
            r[c][c] = Math.sqrt(dot(q[c], q[c]));
            addMultiple(q[c], 1 / r[c][c] - 1, q[c]);
            for (int d = c + 1; d < n; d++) {
                r[c][d] = dot(q[c], q[d]);
                addMultiple(q[d], -r[c][d], q[c]);
            }
            z[c] = dot(q[c], target);
            addMultiple(target, -z[c], q[c]);
        }
        for (int c = n - 1; c >= 0; c--) {
            for (int d = c + 1; d < n; d++) {
                z[c] -= r[c][d] * z[d];
            }
            z[c] /= r[c][c];
        }
        return z;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** {@code a += factor * b}. */
    private static void addMultiple(double[] a, double factor, double[] b) {
        for (int i = 0; i < a.length; i++) {
            a[i] += factor * b[i];
        }
    }
}
