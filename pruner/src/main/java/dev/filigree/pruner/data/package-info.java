/**
 * Labelled examples, whatever they are of: where a run gets its own from ({@link dev.filigree.pruner.data.LabelledData}), tables of the
 * user's own ({@link dev.filigree.pruner.data.OwnData}), and how answers to them are scored ({@link dev.filigree.pruner.data.Metric}).
 */
package dev.filigree.pruner.data;
