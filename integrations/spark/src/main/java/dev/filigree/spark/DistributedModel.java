package dev.filigree.spark;

import dev.filigree.format.ModelFile;
import dev.filigree.format.Task;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * A model that every executor of a Spark application can load. Its bytes are a broadcast, which an executor asks the others for when it
 * first needs them, which reaches executors that join later, and which Spark drops when the plan is gone. Files are no way: what {@link
 * SparkContext#addFile} adds does not reach the jobs of a {@code SparkSession}, whose artifacts Spark 4 keeps apart.
 *
 * @param bytes the file
 * @param digest its SHA-256, by which a JVM knows what it has loaded
 * @param name what messages call it
 */
record DistributedModel(Broadcast<byte[]> bytes, String digest, String name) implements Serializable {
    /**
     * Reads the model on the driver and hands it to Spark.
     *
     * @throws UncheckedIOException when it cannot be read
     */
    static DistributedModel of(ModelSource source, SparkContext spark) {
        byte[] bytes;
        try (InputStream stream = source.open(spark.hadoopConfiguration())) {
            bytes = stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        return new DistributedModel(JavaSparkContext.fromSparkContext(spark).broadcast(bytes), sha256(bytes), source.name());
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
    }

    /** The file, fetched if this JVM does not have it. */
    InputStream open() {
        return new ByteArrayInputStream(bytes.value());
    }

    /**
     * What the model was trained to tell.
     *
     * @throws UncheckedIOException when the file is not a model this version can read
     */
    Task task() {
        try (ModelFile opened = ModelFile.read(open(), name)) {
            return opened.model().task();
        } catch (IOException e) {
            throw new UncheckedIOException("This is no model that can be used: " + e.getMessage(), e);
        }
    }
}
