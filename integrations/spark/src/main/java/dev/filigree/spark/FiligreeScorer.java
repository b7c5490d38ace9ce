package dev.filigree.spark;

import dev.filigree.format.Task;
import dev.filigree.runtime.kernel.Providers;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Classifies a column of texts, or two columns of pairs. Immutable and thread-safe: what sets something gives another scorer.
 *
 * <p>The answers are those of {@link dev.filigree.runtime.Classifier}, bit for bit. They come as one more column, a struct of {@code label}
 * (string), {@code score} (float), {@code scores} (a map from each label to its score), {@code tokens} (int) and {@code truncated}
 * (boolean); null where a text is null. Rows keep their order, and the other columns their values. {@code
 * data.transform(scorer::transform)} fits it into a chain.
 */
public final class FiligreeScorer {
    private final Settings settings;
    private final String provider;

    private FiligreeScorer(Settings settings, String provider) {
        this.settings = settings;
        this.provider = provider;
    }

    /**
     * Scores with a model that the driver reads from here: a path of its machine, or a URI that Hadoop knows ({@code hdfs:}, {@code s3a:},
     * …).
     */
    public static FiligreeScorer of(String pathOrUri) {
        return of(ModelSource.of(pathOrUri));
    }

    /** Scores with a model of the driver's machine. */
    public static FiligreeScorer of(Path model) {
        return of(new ModelSource.Local(model));
    }

    /** Scores with a model in memory, for example a resource of the application's jar. */
    public static FiligreeScorer of(byte[] model) {
        return of(new ModelSource.Bytes(model.clone()));
    }

    static FiligreeScorer of(ModelSource model) {
        return new FiligreeScorer(Settings.of(model, "classification"), Providers.AUTO);
    }

    /** The column of texts, {@code text} unless this is called; {@code a.b} is field b of the struct a. */
    public FiligreeScorer inputCol(String column) {
        return new FiligreeScorer(settings.withInputCol(column), provider);
    }

    /** The column of second texts, for a model of pairs. */
    public FiligreeScorer pairCol(String column) {
        return new FiligreeScorer(settings.withPairCol(column), provider);
    }

    /** The column that is added, {@code classification} unless this is called. */
    public FiligreeScorer outputCol(String column) {
        return new FiligreeScorer(settings.withOutputCol(column), provider);
    }

    /**
     * Forces a provider on every executor, by the names of {@link dev.filigree.runtime.Classifier.Builder#provider}.
     *
     * @throws IllegalArgumentException when there is none of this name
     */
    public FiligreeScorer provider(String name) {
        Providers.requireName(name);
        return new FiligreeScorer(settings, name);
    }

    /**
     * How many rows a task gathers before it calls the model, 128 unless this is called. This bounds what it holds in memory; a GPU is used
     * better with more of them.
     *
     * @throws IllegalArgumentException when it is less than one
     */
    public FiligreeScorer rowsPerCall(int rows) {
        return new FiligreeScorer(settings.withRowsPerCall(rows), provider);
    }

    /**
     * The data with the column of answers. Nothing is classified before an action asks for it, but the model is read here, and given to
     * Spark for the executors.
     *
     * @throws UncheckedIOException when the model cannot be read
     * @throws IllegalArgumentException when the model takes pairs and no {@link #pairCol} is named, or the reverse, a column of texts has
     *     another type than string, or there is a column of the answers' name already
     */
    public Dataset<Row> transform(Dataset<?> data) {
        return settings.add(data, new Classify(provider), this::requireKind);
    }

    private void requireKind(Task task) {
        if (task.pairs() != settings.pairCol().isPresent()) {
            throw new IllegalArgumentException("Task " + task.name() + " of " + settings.model().name() + (task.pairs()
                    ? " takes pairs of texts: name the column of the second ones with pairCol."
                    : " takes single texts: leave pairCol out."));
        }
    }
}
