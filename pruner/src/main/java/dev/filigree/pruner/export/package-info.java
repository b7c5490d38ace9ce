/** Models to other formats. {@link dev.filigree.pruner.export.OnnxExport} is the door. */
package dev.filigree.pruner.export;
