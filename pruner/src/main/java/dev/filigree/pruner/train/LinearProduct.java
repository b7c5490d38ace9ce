package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;

/** How a linear computes {@code x W^T + b}. */
@FunctionalInterface
interface LinearProduct {
    /** In fp32. */
    LinearProduct FP32 = (x, weight, bias) -> x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();

    /**
     * The product, which autograd follows, and which belongs to the manager of {@code x}.
     *
     * @param x {@code [rows, width, inputs]}
     * @param weight {@code [outputs, inputs]}
     * @param bias {@code [outputs]}
     * @return {@code [rows, width, outputs]}, in fp32
     */
    NDArray of(NDArray x, NDArray weight, NDArray bias);
}
