/**
 * The GLUE tasks: files to examples ({@link dev.filigree.pruner.glue.GlueData}), predictions to scores
 * ({@link dev.filigree.pruner.glue.GlueMetrics}), and the commands that get and check the files.
 */
package dev.filigree.pruner.glue;
