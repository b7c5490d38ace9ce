/**
 * The Open Inference Protocol v2: what a model, a request and an answer look like as named tensors
 * ({@link dev.filigree.server.openinference.OpenInference}), shared by REST, which is here, and by gRPC.
 *
 * @see <a href="https://github.com/kserve/open-inference-protocol">the specification</a>
 */
package dev.filigree.server.openinference;
