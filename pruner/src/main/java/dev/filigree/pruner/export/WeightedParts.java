package dev.filigree.pruner.export;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;

/** The parts of a graph that hold weights, which is where graphs of different values differ. {@link #mask} is called first, once. */
interface WeightedParts {
    /** Takes the graph's mask, int64 {@code [batch, sequence]}. */
    void mask(String mask);

    /** The rows of a table that ids of any shape name, fp32 {@code [ids..., hidden]}. */
    String embedding(String name, Matrix table, String ids);

    /** {@code W x + b}, fp32 {@code [..., outputs]}. */
    String linear(String name, Linear linear, String input);

    /** The heads' contexts side by side, before the output linear: fp32 {@code [batch, sequence, hidden]}. */
    String attention(String name, EncoderLayer layer, String input);
}
