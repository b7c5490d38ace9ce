package dev.filigree.pruner.train;

/** Where master weights and Adam's moments live, and the optimiser's arithmetic runs. */
enum Residence {
    /** In Java's heap: the leaves are the CPU's memory, which Java writes directly. */
    HOST,

    /** In arrays of PyTorch, so that a step moves nothing between Java and a GPU. */
    DEVICE
}
