/**
 * The fast path on x86-64: C kernels ({@code runtime/src/main/native}) for AVX2, AVX-512, VNNI or AMX, called through JNI.
 *
 * <p>Java strings the stages of the forward pass together and shares each out among the threads of a call; C does the work on panels of
 * 16 tokens (see {@link dev.filigree.runtime.kernel.panel.Panels}). Weights are laid out once, in memory outside the heap. INT8 weights
 * are multiplied as integers: activations become codes of 16 or 8 bits with a scale for each token, and the sums of products are exact.
 */
package dev.filigree.runtime.kernel.nativecode;
