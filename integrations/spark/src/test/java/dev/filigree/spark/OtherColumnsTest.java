package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OtherColumnsTest {
    private final SparkSession spark = LocalSpark.session();
    @TempDir
    private Path folder;

    /**
     * A column of each type, some of whose values no Java object can hold: a string that is no UTF-8, a day that the Julian calendar lacks.
     */
    private Dataset<Row> data() {
        return spark.sql("""
                SELECT id, concat('good ', id) AS text,
                    CAST(X'ff00c0' AS STRING) AS broken, DATE'1582-10-10' AS day, TIMESTAMP'1582-10-10 01:02:03.456789' AS instant,
                    TIMESTAMP_NTZ'0001-01-01 00:00:00' AS local, CAST(id AS DECIMAL(38, 18)) / 7 AS decimal, CAST('NaN' AS DOUBLE) AS nan,
                    CAST(-0.0 AS FLOAT) AS zero, X'0102' AS bytes, CAST(id AS TINYINT) AS tiny, id % 2 = 0 AS even, NULL AS nothing,
                    IF(id % 2 = 0, NULL, 'x') AS sometimes, INTERVAL '1-2' YEAR TO MONTH AS months,
                    INTERVAL '3 04:05' DAY TO MINUTE AS days,
                    array(1, NULL, 3) AS list, map('a', array(1.5D)) AS map, named_struct('a', id, 'b', named_struct('c', 'd')) AS struct,
                    parse_json('{"a": [1, 2.5, null]}') AS variant, 'again' AS id
                FROM range(0, 10, 1, 3)
                """);
    }

    @Test
    void everyByteOfTheOtherColumnsIsAsItWas() throws IOException {
        Dataset<Row> data = data();

        Dataset<Row> scored = FiligreeScorer.of(LocalSpark.model(folder, TinyModels.SENTIMENT, 1)).rowsPerCall(4).transform(data);

        assertThat(scored.schema().fields()).startsWith(data.schema().fields()).hasSize(data.schema().size() + 1);
        Dataset<Row> others = withoutLast(scored);
        assertThat(internal(others)).isEqualTo(internal(data)).hasSize(10);
    }

    @Test
    void namesMetadataAndNullabilityStay() throws IOException {
        Metadata note = Metadata.fromJson("{\"note\": \"kept\"}");
        StructType schema = new StructType(new StructField[] {
            new StructField("a.b", org.apache.spark.sql.types.DataTypes.LongType, false, note),
            new StructField("text", org.apache.spark.sql.types.DataTypes.StringType, true, Metadata.empty())});
        Dataset<Row> data = LocalSpark.inPartitions(List.of(org.apache.spark.sql.RowFactory.create(1L, "good")), schema, 1);

        Dataset<Row> scored = FiligreeScorer.of(LocalSpark.model(folder, TinyModels.SENTIMENT, 1)).transform(data);

        assertThat(scored.schema().fields()).startsWith(schema.fields());
        assertThat(scored.select("`a.b`", "classification.label").first().getLong(0)).isEqualTo(1);
    }

    @Test
    void theOptimiserStillSeesThroughIt() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        List<String> texts = LocalSpark.texts(30, 3);
        Dataset<Row> scored = FiligreeScorer.of(file).transform(LocalSpark.rows(texts, 3));

        Dataset<Row> counted = scored.filter("id % 2 = 0").groupBy("classification.label").count();
        Dataset<Row> joined = scored.as("l").join(
                scored.as("r"), functions.expr("l.id = r.id AND l.classification.score = r.classification.score"));
        Dataset<Row> nested = scored.select(functions.struct("id", "text").as("s"));
        Dataset<Row> field = FiligreeScorer.of(file).inputCol("s.text").transform(nested).select("s.text", "classification.truncated");

        assertThat(counted.agg(functions.sum("count")).first().getLong(0)).isEqualTo(15);
        assertThat(joined.count()).isEqualTo(30);
        assertThat(field.collectAsList()).extracting(row -> row.getString(0)).isEqualTo(texts);
        assertThat(scored.filter("classification.tokens > 5").select("id").limit(3).collectAsList()).hasSize(3);
        assertThat(scored.repartition(2).orderBy("id").select("text").collectAsList()).extracting(row -> row.getString(0)).isEqualTo(texts);
    }

    /** All columns but the last, by place, for names may come twice. */
    private static Dataset<Row> withoutLast(Dataset<Row> data) {
        int columns = data.columns().length - 1;
        String[] names = Stream.iterate(0, i -> i + 1).limit(columns + 1L).map(i -> "c" + i).toArray(String[]::new);
        return data.toDF(names).select(Arrays.stream(names).limit(columns).map(functions::col).toArray(Column[]::new));
    }

    private static List<InternalRow> internal(Dataset<Row> data) {
        if (data instanceof org.apache.spark.sql.classic.Dataset<Row> classic) {
            return List.of(classic.queryExecution().executedPlan().executeCollect());
        }
        throw new AssertionError("a session of this JVM");
    }
}
