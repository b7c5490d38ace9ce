/** The table of GLUE: many runs of the pipeline, each with a result of its own, and the page made from the results. */
package dev.filigree.pruner.table;
