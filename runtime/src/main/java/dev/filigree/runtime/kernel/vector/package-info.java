/**
 * The portable fast path: the whole encoder in fp32 with the JDK's Vector API.
 *
 * <p>Lanes are tokens. Activations live as {@code [panel][feature][16]} (see {@link dev.filigree.runtime.kernel.panel.Panels}) from
 * the embeddings to the pooling, so that LayerNorm, softmax, GELU and residuals need no shuffle, and every token's result is computed
 * in an order that does not depend on its neighbours, on the batch or on the number of threads.
 */
package dev.filigree.runtime.kernel.vector;
