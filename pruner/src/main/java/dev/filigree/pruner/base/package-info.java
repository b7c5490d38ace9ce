/** Pretrained encoders, read from ONNX exports in Maven artifacts or in files. {@link dev.filigree.pruner.base.BaseModels} is the door. */
package dev.filigree.pruner.base;
