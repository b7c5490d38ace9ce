package dev.filigree.pruner.train;

import dev.filigree.format.EncoderShape;

/** The six prunable linears of a transformer layer, in the order of {@code EncoderLayer.linears()}. */
public enum LinearRole {
    /** {@code [hidden, hidden]}. */
    QUERY("attention.self.query"),
    /** {@code [hidden, hidden]}. */
    KEY("attention.self.key"),
    /** {@code [hidden, hidden]}. */
    VALUE("attention.self.value"),
    /** {@code [hidden, hidden]}; added to the residual stream. */
    ATTENTION_OUTPUT("attention.output.dense"),
    /** {@code [intermediate, hidden]}. */
    FFN_IN("intermediate.dense"),
    /** {@code [hidden, intermediate]}; added to the residual stream. */
    FFN_OUT("output.dense");

    private final String path;

    LinearRole(String path) {
        this.path = path;
    }

    /** Hugging Face name of this linear in a layer, without {@code .weight} or {@code .bias}. */
    public String name(int layer) {
        return "encoder.layer." + layer + "." + path;
    }

    /** Rows of the weight. */
    public int outputs(EncoderShape shape) {
        return this == FFN_IN ? shape.intermediate() : shape.hidden();
    }

    /** Columns of the weight. */
    public int inputs(EncoderShape shape) {
        return this == FFN_OUT ? shape.intermediate() : shape.hidden();
    }
}
