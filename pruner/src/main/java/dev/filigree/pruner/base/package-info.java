/**
 * Pretrained encoders, read from Maven artifacts (ONNX exports and a TensorFlow SavedModel) and from Hugging Face folders.
 * {@link dev.filigree.pruner.base.BaseModels} is the door.
 */
package dev.filigree.pruner.base;
