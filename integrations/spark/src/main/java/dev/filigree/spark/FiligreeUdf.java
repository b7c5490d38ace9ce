package dev.filigree.spark;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextInput;
import dev.filigree.runtime.kernel.Providers;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.api.java.UDF2;

/**
 * Models as functions of SQL. A function sees one row at a time, so each text goes through the model alone: for whole tables {@link
 * FiligreeScorer} and {@link FiligreeEmbedder} need less time. The answers are the same, and the tasks of an executor share one model here
 * too.
 */
public final class FiligreeUdf {
    private FiligreeUdf() {}

    /**
     * Registers a function of a text, or of a pair where the model takes pairs, that answers with the struct of {@link FiligreeScorer}, or
     * with null where a text is null.
     *
     * @param pathOrUri the model, as in {@link FiligreeScorer#of(String)}
     * @throws UncheckedIOException when the model cannot be read
     */
    public static void register(SparkSession spark, String function, String pathOrUri) {
        DistributedModel model = DistributedModel.of(ModelSource.of(pathOrUri), spark.sparkContext());
        Classify work = new Classify(Providers.AUTO);
        if (model.task().pairs()) {
            UDF2<String, String, Object> ofPair = (first, second) ->
                    first == null || second == null ? null : answer(model, work, TextInput.of(first, second));
            spark.udf().register(function, ofPair, work.type());
        } else {
            registerSingle(spark, function, model, work);
        }
    }

    /**
     * Registers a function of a text that answers with its embedding as an array of floats, pooled by the mean, or with null where the
     * text is null.
     *
     * @param pathOrUri the model, as in {@link FiligreeEmbedder#of(String)}
     * @throws UncheckedIOException when the model cannot be read
     */
    public static void registerEmbedding(SparkSession spark, String function, String pathOrUri) {
        DistributedModel model = DistributedModel.of(ModelSource.of(pathOrUri), spark.sparkContext());
        registerSingle(spark, function, model, new Embed(Providers.AUTO, Encoder.Pooling.MEAN));
    }

    private static <A> void registerSingle(SparkSession spark, String function, DistributedModel model, Work<A> work) {
        UDF1<String, Object> ofText = text -> text == null ? null : answer(model, work, TextInput.of(text));
        spark.udf().register(function, ofText, work.type());
    }

    private static <A> Object answer(DistributedModel model, Work<A> work, TextInput input) {
        return work.external(ModelCache.SHARED.with(model, work, open -> open.answer(List.of(input))).getFirst());
    }
}
