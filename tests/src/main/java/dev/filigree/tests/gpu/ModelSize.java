package dev.filigree.tests.gpu;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;

/** Encoders whose dimensions are those of well-known ones; {@code TINY} is for trying the command itself. */
enum ModelSize {
    TINY("tiny", new EncoderShape(64, 2, 2, 128, 500, 64, 2, 1e-12f), Pooling.MEAN),
    MINILM_L6("minilm-l6", new EncoderShape(384, 6, 12, 1536, 30522, 512, 2, 1e-12f), Pooling.MEAN),
    BERT_BASE("bert-base", new EncoderShape(768, 12, 12, 3072, 30522, 512, 2, 1e-12f), Pooling.POOLER);

    private final String label;
    private final EncoderShape shape;
    private final Pooling pooling;

    ModelSize(String label, EncoderShape shape, Pooling pooling) {
        this.label = label;
        this.shape = shape;
        this.pooling = pooling;
    }

    EncoderShape shape() {
        return shape;
    }

    Pooling pooling() {
        return pooling;
    }

    @Override
    public String toString() {
        return label;
    }
}
