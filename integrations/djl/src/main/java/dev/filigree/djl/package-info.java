/**
 * The engine {@code Filigree} of the Deep Java Library: packed models behind DJL's {@code Criteria} and {@code Predictor}. An application
 * names nothing of this package but, where it writes translators of its own, {@link dev.filigree.djl.FiligreeBlock} and
 * {@link dev.filigree.djl.TextBatchifier}.
 */
package dev.filigree.djl;
