package dev.filigree.spark;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.kernel.Providers;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Adds the sentence embeddings of a column of texts. Immutable and thread-safe: what sets something gives another embedder.
 *
 * <p>The embeddings are those of {@link Encoder}, bit for bit: arrays of floats of length 1, so that a scalar product is a cosine
 * similarity; null where a text is null. Rows keep their order, and the other columns their values. {@code
 * data.transform(embedder::transform)} fits it into a chain.
 */
public final class FiligreeEmbedder {
    private final Settings settings;
    private final Embed work;

    private FiligreeEmbedder(Settings settings, Embed work) {
        this.settings = settings;
        this.work = work;
    }

    /**
     * Embeds with a model that the driver reads from here: a path of its machine, or a URI that Hadoop knows ({@code hdfs:}, {@code s3a:},
     * …).
     */
    public static FiligreeEmbedder of(String pathOrUri) {
        return of(ModelSource.of(pathOrUri));
    }

    /** Embeds with a model of the driver's machine. */
    public static FiligreeEmbedder of(Path model) {
        return of(new ModelSource.Local(model));
    }

    /** Embeds with a model in memory, for example a resource of the application's jar. */
    public static FiligreeEmbedder of(byte[] model) {
        return of(new ModelSource.Bytes(model.clone()));
    }

    private static FiligreeEmbedder of(ModelSource model) {
        return new FiligreeEmbedder(Settings.of(model, "embedding"), new Embed(Providers.AUTO, Encoder.Pooling.MEAN));
    }

    /** The column of texts, {@code text} unless this is called; {@code a.b} is field b of the struct a. */
    public FiligreeEmbedder inputCol(String column) {
        return new FiligreeEmbedder(settings.withInputCol(column), work);
    }

    /** The column that is added, {@code embedding} unless this is called. */
    public FiligreeEmbedder outputCol(String column) {
        return new FiligreeEmbedder(settings.withOutputCol(column), work);
    }

    /** How hidden states become one vector, the mean unless this is called; it should be what the encoder was trained for. */
    public FiligreeEmbedder pooling(Encoder.Pooling pooling) {
        return new FiligreeEmbedder(settings, new Embed(work.provider(), pooling));
    }

    /**
     * Forces a provider on every executor, by the names of {@link Encoder.Builder#provider}.
     *
     * @throws IllegalArgumentException when there is none of this name
     */
    public FiligreeEmbedder provider(String name) {
        Providers.requireName(name);
        return new FiligreeEmbedder(settings, new Embed(name, work.pooling()));
    }

    /**
     * How many rows a task gathers before it calls the model, as {@link FiligreeScorer#rowsPerCall}.
     *
     * @throws IllegalArgumentException when it is less than one
     */
    public FiligreeEmbedder rowsPerCall(int rows) {
        return new FiligreeEmbedder(settings.withRowsPerCall(rows), work);
    }

    /**
     * The data with the column of embeddings. Nothing is embedded before an action asks for it, but the model is read here, and given to
     * Spark for the executors.
     *
     * @throws UncheckedIOException when the model cannot be read
     * @throws IllegalArgumentException when the column of texts has another type than string, or there is a column of the embeddings'
     *     name already
     */
    public Dataset<Row> transform(Dataset<?> data) {
        return settings.add(data, work, task -> { });
    }
}
