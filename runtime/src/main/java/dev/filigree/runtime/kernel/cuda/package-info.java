/**
 * The encoder on an NVIDIA GPU: the kernels of {@code src/main/cuda}, launched through the driver alone. A model's weights go to the device
 * once; a batch is one graph launch, from the copy of its tokens to its logits.
 */
package dev.filigree.runtime.kernel.cuda;
