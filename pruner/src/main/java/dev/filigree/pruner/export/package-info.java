/**
 * Models to other formats. {@link dev.filigree.pruner.export.OnnxExport} and {@link dev.filigree.pruner.export.HuggingFaceExport} are the
 * doors.
 */
package dev.filigree.pruner.export;
