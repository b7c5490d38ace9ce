package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What a model computes for a batch. The arrays belong to the manager that the forward pass was given.
 *
 * @param logits {@code [rows, labels]}
 * @param hiddenStates after the embeddings and after each layer, {@code layers + 1} arrays {@code [rows, width, hidden]}; padding holds
 *     values without meaning
 */
public record Forward(NDArray logits, List<NDArray> hiddenStates) {
    /** Copies the list. */
    public Forward {
        hiddenStates = List.copyOf(hiddenStates);
    }
}
