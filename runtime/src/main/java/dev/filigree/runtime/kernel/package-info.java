/**
 * What computes: {@link dev.filigree.runtime.kernel.Providers} is the ladder of {@link dev.filigree.runtime.kernel.KernelProvider}s, each
 * of which makes an {@link dev.filigree.runtime.kernel.EncoderProgram} of a model. Applications need it to list providers and to catch the
 * refusal of one; the providers themselves are not exported.
 */
package dev.filigree.runtime.kernel;
