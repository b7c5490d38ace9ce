package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.train.StepHook;

/** What a pruning method does while the model trains, and after. */
interface PatternHook extends StepHook {
    /** Leaves every linear with a mask in force that obeys its sparsity. */
    void finish();
}
