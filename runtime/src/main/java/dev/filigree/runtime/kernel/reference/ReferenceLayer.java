package dev.filigree.runtime.kernel.reference;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.LayerNorm;

/** One transformer layer with its norms after the residuals (Vaswani et al. 2017, Devlin et al. 2019). */
final class ReferenceLayer {
    private final EncoderShape shape;
    private final ReferenceLinear query;
    private final ReferenceLinear key;
    private final ReferenceLinear value;
    private final ReferenceLinear attentionOutput;
    private final LayerNorm attentionNorm;
    private final ReferenceLinear ffnIn;
    private final ReferenceLinear ffnOut;
    private final LayerNorm outputNorm;

    ReferenceLayer(EncoderLayer layer, EncoderShape shape) {
        this.shape = shape;
        query = new ReferenceLinear(layer.query());
        key = new ReferenceLinear(layer.key());
        value = new ReferenceLinear(layer.value());
        attentionOutput = new ReferenceLinear(layer.attentionOutput());
        attentionNorm = layer.attentionNorm();
        ffnIn = new ReferenceLinear(layer.ffnIn());
        ffnOut = new ReferenceLinear(layer.ffnOut());
        outputNorm = layer.outputNorm();
    }

    /** Hidden states of one sequence to the next layer's, {@code [tokens, hidden]}. */
    double[][] apply(double[][] states) {
        double[][] attended = addAndNorm(states, attentionOutput.apply(attention(states)), attentionNorm);
        double[][] inner = ffnIn.apply(attended);
        for (double[] token : inner) {
            for (int i = 0; i < token.length; i++) {
                token[i] = Formulas.gelu(token[i]);
            }
        }
        return addAndNorm(attended, ffnOut.apply(inner), outputNorm);
    }

    private double[][] addAndNorm(double[][] residual, double[][] update, LayerNorm norm) {
        double[][] sums = new double[residual.length][shape.hidden()];
        for (int token = 0; token < residual.length; token++) {
            for (int i = 0; i < shape.hidden(); i++) {
                sums[token][i] = residual[token][i] + update[token][i];
            }
            Formulas.layerNorm(sums[token], norm, shape.layerNormEpsilon());
        }
        return sums;
    }

    /** {@code softmax(Q K^T / sqrt(d)) V}, head by head, the heads' results side by side. */
    double[][] attention(double[][] states) {
        double[][] q = query.apply(states);
        double[][] k = key.apply(states);
        double[][] v = value.apply(states);
        int width = shape.headWidth();
        double[][] context = new double[states.length][shape.hidden()];
        for (int from = 0; from < shape.hidden(); from += width) {
            for (int token = 0; token < states.length; token++) {
                double[] weights = new double[states.length];
                for (int other = 0; other < states.length; other++) {
                    for (int i = from; i < from + width; i++) {
                        weights[other] += q[token][i] * k[other][i] / Math.sqrt(width);
                    }
                }
                Formulas.softmax(weights);
                for (int other = 0; other < states.length; other++) {
                    for (int i = from; i < from + width; i++) {
                        context[token][i] += weights[other] * v[other][i];
                    }
                }
            }
        }
        return context;
    }
}
