/**
 * Batch scoring on Apache Spark: a Dataset in, the same Dataset with a column of answers out. {@link dev.filigree.spark.FiligreeScorer}
 * classifies, {@link dev.filigree.spark.FiligreeEmbedder} gives sentence embeddings, {@link dev.filigree.spark.FiligreeUdf} makes both
 * functions of SQL, and {@link dev.filigree.spark.Main} is a job for {@code spark-submit}.
 *
 * <p>A scorer is a description; nothing is loaded before {@code transform}. Then the driver reads the model and broadcasts it; an executor
 * loads it when its first row is there, into memory outside the heap, and its tasks share it ({@code ModelCache}). Rows reach the model in
 * chunks and in Spark's own encoding ({@code AnswerPlan}), so that the columns passed through are never decoded.
 */
package dev.filigree.spark;
