package dev.filigree.runtime.kernel.reference;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.List;
import java.util.Optional;

/** A model with every weight unpacked to fp32; sequence after sequence, in double precision between the layers. Thread-safe. */
final class ReferenceProgram implements EncoderProgram {
    private final EncoderShape shape;
    private final float[] word;
    private final float[] position;
    private final float[] tokenType;
    private final LayerNorm embeddingNorm;
    private final List<ReferenceLayer> layers;
    private final Pooling pooling;
    private final Optional<ReferenceLinear> pooler;
    private final ReferenceLinear classifier;

    ReferenceProgram(Model model) {
        shape = model.shape();
        word = model.embeddings().word().toFloats();
        position = model.embeddings().position().toFloats();
        tokenType = model.embeddings().tokenType().toFloats();
        embeddingNorm = model.embeddings().norm();
        layers = model.layers().stream().map(layer -> new ReferenceLayer(layer, shape)).toList();
        pooling = model.head().pooling();
        pooler = model.head().pooler().map(ReferenceLinear::new);
        classifier = new ReferenceLinear(model.head().classifier());
    }

    @Override
    public float[] logits(TokenBatch batch) {
        batch.requireFits(shape);
        int labels = classifier.bias().length;
        float[] logits = new float[batch.sequences() * labels];
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            double[] outputs = classifier.apply(pool(encode(batch, sequence)));
            for (int label = 0; label < labels; label++) {
                logits[sequence * labels + label] = (float) outputs[label];
            }
        }
        return logits;
    }

    @Override
    public float[] hiddenStates(TokenBatch batch) {
        batch.requireFits(shape);
        float[] states = new float[Math.multiplyExact(batch.tokens(), shape.hidden())];
        int next = 0;
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            for (double[] token : encode(batch, sequence)) {
                for (double value : token) {
                    states[next++] = (float) value;
                }
            }
        }
        return states;
    }

    private double[][] encode(TokenBatch batch, int sequence) {
        double[][] states = embed(batch, sequence);
        for (ReferenceLayer layer : layers) {
            states = layer.apply(states);
        }
        return states;
    }

    private double[][] embed(TokenBatch batch, int sequence) {
        int hidden = shape.hidden();
        double[][] states = new double[batch.length(sequence)][hidden];
        for (int token = 0; token < states.length; token++) {
            int id = batch.ids()[batch.offsets()[sequence] + token];
            int type = batch.types()[batch.offsets()[sequence] + token];
            for (int i = 0; i < hidden; i++) {
                states[token][i] = (double) word[id * hidden + i] + position[token * hidden + i] + tokenType[type * hidden + i];
            }
            Formulas.layerNorm(states[token], embeddingNorm, shape.layerNormEpsilon());
        }
        return states;
    }

    private double[] pool(double[][] states) {
        return switch (pooling) {
            case CLS -> states[0];
            case MEAN -> mean(states);
            case POOLER -> {
                double[] pooled = pooler.orElseThrow().apply(states[0]);
                for (int i = 0; i < pooled.length; i++) {
                    pooled[i] = Math.tanh(pooled[i]);
                }
                yield pooled;
            }
        };
    }

    private static double[] mean(double[][] states) {
        double[] mean = new double[states[0].length];
        for (double[] token : states) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += token[i] / states.length;
            }
        }
        return mean;
    }

    /** Holds nothing but heap. */
    @Override
    public void close() {}
}
