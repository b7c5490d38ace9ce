package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Arrays;

/** The encoder in double precision, one sequence after the other, in the plainest way. */
final class NaiveEncoder {
    private final Model model;

    NaiveEncoder(Model model) {
        this.model = model;
    }

    double[][] states(TokenBatch batch, int sequence) {
        int hidden = model.shape().hidden();
        float[] word = model.embeddings().word().toFloats();
        float[] position = model.embeddings().position().toFloats();
        float[] type = model.embeddings().tokenType().toFloats();
        double[][] h = new double[batch.length(sequence)][hidden];
        for (int t = 0; t < h.length; t++) {
            int token = batch.offsets()[sequence] + t;
            for (int i = 0; i < hidden; i++) {
                int id = batch.ids()[token];
                h[t][i] = (double) word[id * hidden + i] + position[t * hidden + i] + type[batch.types()[token] * hidden + i];
            }
        }
        norm(h, model.embeddings().norm());
        for (EncoderLayer layer : model.layers()) {
            add(h, linear(layer.attentionOutput(), attention(
                    linear(layer.query(), h), linear(layer.key(), h), linear(layer.value(), h))));
            norm(h, layer.attentionNorm());
            double[][] inner = linear(layer.ffnIn(), h);
            for (double[] row : inner) {
                Arrays.setAll(row, i -> row[i] / 2 * (1 + FunctionsTest.erf(row[i] / Math.sqrt(2))));
            }
            add(h, linear(layer.ffnOut(), inner));
            norm(h, layer.outputNorm());
        }
        return h;
    }

    double[] logits(TokenBatch batch, int sequence) {
        double[][] h = states(batch, sequence);
        double[] pooled = h[0].clone();
        if (model.head().pooling() == Pooling.MEAN) {
            Arrays.setAll(pooled, i -> Arrays.stream(h).mapToDouble(row -> row[i]).average().orElseThrow());
        }
        double[][] rows = {pooled};
        if (model.head().pooler().isPresent()) {
            rows = linear(model.head().pooler().get(), rows);
            double[] row = rows[0];
            Arrays.setAll(row, i -> Math.tanh(row[i]));
        }
        return linear(model.head().classifier(), rows)[0];
    }

    private double[][] attention(double[][] q, double[][] k, double[][] v) {
        int width = model.shape().headWidth();
        double[][] out = new double[q.length][model.shape().hidden()];
        for (int head = 0; head < model.shape().heads(); head++) {
            for (int t = 0; t < q.length; t++) {
                double[] p = new double[k.length];
                double sum = 0;
                for (int s = 0; s < k.length; s++) {
                    for (int i = head * width; i < (head + 1) * width; i++) {
                        p[s] += q[t][i] * k[s][i] / Math.sqrt(width);
                    }
                    p[s] = Math.exp(p[s]);
                    sum += p[s];
                }
                for (int s = 0; s < k.length; s++) {
                    for (int i = head * width; i < (head + 1) * width; i++) {
                        out[t][i] += p[s] / sum * v[s][i];
                    }
                }
            }
        }
        return out;
    }

    private static double[][] linear(Linear linear, double[][] x) {
        int rows = linear.weight().rows();
        int columns = linear.weight().columns();
        float[] w = linear.weight().toFloats();
        double[][] y = new double[x.length][rows];
        for (int t = 0; t < x.length; t++) {
            for (int r = 0; r < rows; r++) {
                y[t][r] = linear.bias()[r];
                for (int i = 0; i < columns; i++) {
                    y[t][r] += (double) w[r * columns + i] * x[t][i];
                }
            }
        }
        return y;
    }

    private static void add(double[][] h, double[][] x) {
        for (int t = 0; t < h.length; t++) {
            for (int i = 0; i < h[t].length; i++) {
                h[t][i] += x[t][i];
            }
        }
    }

    private void norm(double[][] h, LayerNorm norm) {
        for (double[] row : h) {
            double mean = Arrays.stream(row).average().orElseThrow();
            double variance = Arrays.stream(row).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
            double scale = 1 / Math.sqrt(variance + model.shape().layerNormEpsilon());
            Arrays.setAll(row, i -> (row[i] - mean) * scale * norm.gamma()[i] + norm.beta()[i]);
        }
    }
}
