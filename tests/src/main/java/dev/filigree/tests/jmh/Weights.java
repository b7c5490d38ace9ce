package dev.filigree.tests.jmh;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.tests.bench.RandomModel;

/** Random weights of the dimensions of all-MiniLM-L6-v2. */
final class Weights {
    static final int HIDDEN = 384;
    static final int HEADS = 12;
    private static final int INTERMEDIATE = 1536;
    private static final int VOCABULARY = 1000;
    private static final int POSITIONS = 512;
    private static final float EPSILON = 1e-12f;
    private static final long SEED = 11;

    private Weights() {}

    /** A model of so many layers; its vocabulary is short, since looking words up takes the same time. */
    static Model model(int layers, String sparsity, DType dtype) {
        EncoderShape shape = new EncoderShape(HIDDEN, layers, HEADS, INTERMEDIATE, VOCABULARY, POSITIONS, 2, EPSILON);
        return RandomModel.make(shape, Pooling.MEAN, Sparsity.parse(sparsity), dtype, SEED);
    }
}
