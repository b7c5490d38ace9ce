package dev.filigree.pruner.base;

import java.util.Map;

/** BERT's forward pass on named weights, as plainly as it can be written, for one sequence: an oracle for the mapping of weights. */
public final class PlainEncoder {
    private final BaseModel model;
    private final Map<String, float[]> weights;
    private final int hidden;

    /** Runs this model. */
    public PlainEncoder(BaseModel model) {
        this.model = model;
        this.weights = model.weights();
        this.hidden = model.shape().hidden();
    }

    /** Hidden states of the last layer, {@code [tokens][hidden]}. */
    public double[][] hiddenStates(int[] ids, int[] types) {
        double[][] x = new double[ids.length][hidden];
        for (int t = 0; t < ids.length; t++) {
            for (int j = 0; j < hidden; j++) {
                x[t][j] = weights.get("embeddings.word_embeddings.weight")[ids[t] * hidden + j]
                        + weights.get("embeddings.position_embeddings.weight")[t * hidden + j]
                        + weights.get("embeddings.token_type_embeddings.weight")[types[t] * hidden + j];
            }
        }
        norm(x, "embeddings.LayerNorm");
        for (int i = 0; i < model.shape().layers(); i++) {
            String layer = "encoder.layer." + i + ".";
            double[][] context = attention(
                    linear(x, layer + "attention.self.query"),
                    linear(x, layer + "attention.self.key"),
                    linear(x, layer + "attention.self.value"));
            double[][] attended = add(linear(context, layer + "attention.output.dense"), x);
            norm(attended, layer + "attention.output.LayerNorm");
            double[][] inner = linear(attended, layer + "intermediate.dense");
            for (double[] row : inner) {
                for (int j = 0; j < row.length; j++) {
                    row[j] = gelu(row[j]);
                }
            }
            x = add(linear(inner, layer + "output.dense"), attended);
            norm(x, layer + "output.LayerNorm");
        }
        return x;
    }

    static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    private double[][] attention(double[][] q, double[][] k, double[][] v) {
        int tokens = q.length;
        int width = model.shape().headWidth();
        double[][] context = new double[tokens][hidden];
        for (int offset = 0; offset < hidden; offset += width) {
            for (int t = 0; t < tokens; t++) {
                double[] p = new double[tokens];
                double sum = 0;
                for (int s = 0; s < tokens; s++) {
                    double dot = 0;
                    for (int j = offset; j < offset + width; j++) {
                        dot += q[t][j] * k[s][j];
                    }
                    p[s] = Math.exp(dot / Math.sqrt(width));
                    sum += p[s];
                }
                for (int s = 0; s < tokens; s++) {
                    for (int j = offset; j < offset + width; j++) {
                        context[t][j] += p[s] / sum * v[s][j];
                    }
                }
            }
        }
        return context;
    }

    private double[][] linear(double[][] x, String name) {
        float[] w = weights.get(name + ".weight");
        float[] b = weights.get(name + ".bias");
        int inputs = x[0].length;
        double[][] y = new double[x.length][b.length];
        for (int t = 0; t < x.length; t++) {
            for (int o = 0; o < b.length; o++) {
                double sum = b[o];
                for (int i = 0; i < inputs; i++) {
                    sum += w[o * inputs + i] * x[t][i];
                }
                y[t][o] = sum;
            }
        }
        return y;
    }

    private static double[][] add(double[][] a, double[][] b) {
        for (int t = 0; t < a.length; t++) {
            for (int j = 0; j < a[t].length; j++) {
                a[t][j] += b[t][j];
            }
        }
        return a;
    }

    private void norm(double[][] x, String name) {
        float[] gamma = weights.get(name + ".weight");
        float[] beta = weights.get(name + ".bias");
        for (double[] row : x) {
            double mean = 0;
            for (double value : row) {
                mean += value / hidden;
            }
            double variance = 0;
            for (double value : row) {
                variance += (value - mean) * (value - mean) / hidden;
            }
            for (int j = 0; j < hidden; j++) {
                row[j] = (row[j] - mean) / Math.sqrt(variance + model.shape().layerNormEpsilon()) * gamma[j] + beta[j];
            }
        }
    }

    /** Maclaurin series of the error function, which converges everywhere; beyond 5 it is one to twelve digits. */
    private static double erf(double x) {
        if (Math.abs(x) > 5) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-14; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }
}
