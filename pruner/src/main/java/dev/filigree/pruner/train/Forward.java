package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a model computes for a batch. The arrays belong to the manager that the forward pass was given.
 *
 * @param logits {@code [rows, labels]}, of a regression in the units of its {@link ScoreScale}
 * @param hiddenStates after the embeddings and after each layer, {@code layers + 1} arrays {@code [rows, width, hidden]}; padding holds
 *     values without meaning
 * @param lastHeads makes the heads of the last layer; asked for where they are compared
 */
public record Forward(NDArray logits, List<NDArray> hiddenStates, Supplier<Heads> lastHeads) {
    /**
     * What attention computes with, each {@code [rows, heads, width, head width]}.
     *
     * @param query not yet scaled
     * @param key unscaled
     * @param value unscaled
     */
    public record Heads(NDArray query, NDArray key, NDArray value) {
        /** All three. */
        List<NDArray> all() {
            return List.of(query, key, value);
        }
    }


    /** Copies the list. */
    public Forward {
        hiddenStates = List.copyOf(hiddenStates);
    }
}
