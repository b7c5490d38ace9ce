/**
 * Gathers the texts of many requests into batches ({@link dev.filigree.server.batch.Batcher}): by tokens, without waiting for more, fair
 * between models.
 */
package dev.filigree.server.batch;
