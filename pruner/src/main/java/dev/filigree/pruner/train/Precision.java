package dev.filigree.pruner.train;

/**
 * What the encoder's linears multiply in a step of training, forward and backward, the teacher's included. Weights, their updates, all
 * sums and other operations are fp32 either way, and so is every evaluation.
 */
public enum Precision {
    /** Products of fp32. */
    FP32,

    /** Products of bf16: twice as fast where the processor has AVX512_BF16 or AMX, slower where it has neither. */
    BF16
}
