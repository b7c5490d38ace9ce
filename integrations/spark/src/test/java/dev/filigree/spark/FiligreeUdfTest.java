package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiligreeUdfTest {
    private final SparkSession spark = LocalSpark.session();
    @TempDir
    private Path folder;

    @Test
    void classifiesInSqlAsTheClassifierDoes() throws Exception {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 11);
        List<String> texts = LocalSpark.texts(40, 12);
        LocalSpark.rows(texts, 4).createOrReplaceTempView("reviews");
        FiligreeUdf.register(spark, "classify", file.toString());
        int before = ModelCache.SHARED.loads();

        List<Row> rows = spark.sql("SELECT classify(text), classify(text).label FROM reviews ORDER BY id").collectAsList();

        try (Classifier classifier = Classifier.open(file)) {
            for (int i = 0; i < texts.size(); i++) {
                FiligreeScorerTest.assertSame(rows.get(i).getStruct(0), classifier.classify(texts.get(i)));
                assertThat(rows.get(i).getString(1)).isEqualTo(rows.get(i).getStruct(0).getString(0));
            }
        }
        assertThat(ModelCache.SHARED.loads() - before).isEqualTo(1);
    }

    @Test
    void constantsAreClassifiedWhileThePlanIsMadeAndNullIsNull() throws Exception {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 11);
        FiligreeUdf.register(spark, "classify", file.toString());

        Row row = spark.sql("SELECT classify('good film'), classify(CAST(NULL AS STRING))").first();

        try (Classifier classifier = Classifier.open(file)) {
            FiligreeScorerTest.assertSame(row.getStruct(0), classifier.classify("good film"));
        }
        assertThat(row.isNullAt(1)).isTrue();
    }

    @Test
    void aModelOfPairsBecomesAFunctionOfTwoTexts() throws Exception {
        Path file = LocalSpark.model(folder, TinyModels.ENTAILMENT, 13);
        FiligreeUdf.register(spark, "follows", file.toString());

        Row row = spark.sql("SELECT follows('good film', 'bad film'), follows('good', CAST(NULL AS STRING))").first();

        try (Classifier classifier = Classifier.open(file)) {
            FiligreeScorerTest.assertSame(row.getStruct(0), classifier.classify("good film", "bad film"));
        }
        assertThat(row.isNullAt(1)).isTrue();
        assertThatThrownBy(() -> spark.sql("SELECT follows('good film')")).isInstanceOf(AnalysisException.class);
    }

    @Test
    void embedsInSqlAsTheEncoderDoes() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.ENTAILMENT, 13);
        FiligreeUdf.registerEmbedding(spark, "embed", file.toString());

        Row row = spark.sql("SELECT embed(text) FROM VALUES ('not so bad') AS t(text)").first();

        try (Encoder encoder = Encoder.open(file)) {
            assertThat(FiligreeEmbedderTest.floats(row, 0)).isEqualTo(encoder.embed("not so bad"));
        }
    }
}
