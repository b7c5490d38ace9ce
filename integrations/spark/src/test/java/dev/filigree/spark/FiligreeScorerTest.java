package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiligreeScorerTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"1, 128", "7, 1", "7, 3", "2, 64", "50, 5"})
    void answersAreTheClassifiersAndInTheOrderOfTheRows(int partitions, int rowsPerCall) throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        List<String> texts = LocalSpark.texts(200, 2);

        List<Row> rows = FiligreeScorer.of(file).rowsPerCall(rowsPerCall).transform(LocalSpark.rows(texts, partitions)).collectAsList();

        assertThat(rows).extracting(row -> row.getInt(0)).containsExactlyElementsOf(IntStream.range(0, 200).boxed().toList());
        assertThat(rows).extracting(row -> row.getString(1)).isEqualTo(texts);
        try (Classifier classifier = Classifier.open(file)) {
            for (int i = 0; i < texts.size(); i++) {
                assertSame(rows.get(i).getStruct(2), classifier.classify(texts.get(i)));
            }
        }
        assertThat(rows).anyMatch(row -> row.getStruct(2).getBoolean(4)).anyMatch(row -> !row.getStruct(2).getBoolean(4));
    }

    @Test
    void pairsAndRegressionsAreTheClassifiersToo() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SIMILARITY, 3);
        Dataset<Row> pairs = LocalSpark.rows(LocalSpark.texts(50, 4), 3)
                .withColumn("nested", functions.struct(functions.reverse(functions.col("text")).as("second")));

        List<Row> rows = FiligreeScorer.of(file.toString()).pairCol("nested.second").outputCol("likeness").transform(pairs).collectAsList();

        try (Classifier classifier = Classifier.open(file)) {
            for (Row row : rows) {
                assertSame(row.getAs("likeness"), classifier.classify(row.getString(1), row.getStruct(2).getString(0)));
            }
        }
    }

    @Test
    void nullTextsGetNullAndTheOthersTheirAnswers() throws IOException {
        Path single = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        Path pairs = LocalSpark.model(folder, TinyModels.ENTAILMENT, 1);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            rows.add(RowFactory.create(i % 3 == 0 ? null : "good " + i, i % 4 == 0 ? null : "bad " + i));
        }
        Dataset<Row> data = LocalSpark.inPartitions(rows, new StructType().add("a", "string").add("b", "string"), 2);

        List<Row> answers = FiligreeScorer.of(single).inputCol("a").outputCol("one").rowsPerCall(4).transform(data)
                .transform(FiligreeScorer.of(pairs).inputCol("a").pairCol("b").outputCol("two").rowsPerCall(4)::transform).collectAsList();

        try (Classifier one = Classifier.open(single); Classifier two = Classifier.open(pairs)) {
            for (int i = 0; i < 20; i++) {
                Row row = answers.get(i);
                if (i % 3 == 0) {
                    assertThat(row.isNullAt(2)).isTrue();
                } else {
                    assertSame(row.getStruct(2), one.classify("good " + i));
                }
                if (i % 3 == 0 || i % 4 == 0) {
                    assertThat(row.isNullAt(3)).isTrue();
                } else {
                    assertSame(row.getStruct(3), two.classify("good " + i, "bad " + i));
                }
            }
        }
    }

    @Test
    void tasksShareOneModelWhereverItsFileCameFrom() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 5);
        Path sameBytes = Files.copy(file, folder.resolve("other-name.filigree"));
        Dataset<Row> data = LocalSpark.rows(LocalSpark.texts(100, 6), 8);
        int before = ModelCache.SHARED.loads();

        FiligreeScorer.of(file).transform(data).collectAsList();
        FiligreeScorer.of(sameBytes).transform(data).collectAsList();
        FiligreeScorer.of(Files.readAllBytes(file)).rowsPerCall(2).transform(data).collectAsList();

        assertThat(ModelCache.SHARED.loads() - before).isEqualTo(1);
    }

    @Test
    void modelsOfTheSameNameDoNotMeet() throws IOException {
        Path first = LocalSpark.model(Files.createDirectory(folder.resolve("a")), TinyModels.SENTIMENT, 7);
        Path second = folder.resolve("b").resolve(first.getFileName());
        Files.createDirectory(second.getParent());
        Files.move(LocalSpark.model(folder, TinyModels.SENTIMENT, 8), second);
        Dataset<Row> data = LocalSpark.rows(List.of("good film"), 1);

        Row row = FiligreeScorer.of(first).outputCol("a").transform(data)
                .transform(FiligreeScorer.of(second).outputCol("b")::transform).first();

        try (Classifier a = Classifier.open(first); Classifier b = Classifier.open(second)) {
            assertSame(row.getStruct(2), a.classify("good film"));
            assertSame(row.getStruct(3), b.classify("good film"));
            assertThat(row.getStruct(2).getFloat(1)).isNotEqualTo(row.getStruct(3).getFloat(1));
        }
    }

    @Test
    void emptyDataGivesNoRowsAndLoadsNothing() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 9);
        int before = ModelCache.SHARED.loads();

        assertThat(FiligreeScorer.of(file).transform(LocalSpark.rows(List.of(), 3)).collectAsList()).isEmpty();
        assertThat(FiligreeScorer.of(file).transform(LocalSpark.rows(Collections.singletonList(null), 1)).first().isNullAt(2)).isTrue();

        assertThat(ModelCache.SHARED.loads()).isEqualTo(before);
    }

    @Test
    void aTaskThatFailsIsTriedAgainWithTheSameAnswers() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        Dataset<Row> data = LocalSpark.rows(LocalSpark.texts(40, 10), 2);
        UDF1<Integer, Integer> failsAtFirst = id -> {
            if (id == 30 && TaskContext.get().attemptNumber() == 0) {
                throw new IllegalStateException("on purpose");
            }
            return id;
        };
        Dataset<Row> fragile = data.withColumn("id", functions.udf(failsAtFirst, DataTypes.IntegerType).apply(functions.col("id")));

        assertThat(FiligreeScorer.of(file).rowsPerCall(8).transform(fragile).collectAsList())
                .isEqualTo(FiligreeScorer.of(file).rowsPerCall(8).transform(data).collectAsList());
    }

    @Test
    void streamsAreScoredToo() throws Exception {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        Path input = Files.createDirectory(folder.resolve("in"));
        Files.writeString(input.resolve("a.txt"), "good film\nbad film\n");
        SparkSession spark = LocalSpark.session();

        StreamingQuery query = FiligreeScorer.of(file).inputCol("value").transform(spark.readStream().text(input.toString()))
                .select("classification.label").writeStream().format("memory").queryName("scored").trigger(Trigger.AvailableNow()).start();
        query.awaitTermination();

        try (Classifier classifier = Classifier.open(file)) {
            assertThat(spark.table("scored").collectAsList()).extracting(row -> row.getString(0))
                    .containsExactly(classifier.classify("good film").label(), classifier.classify("bad film").label());
        }
    }

    @Test
    void whatCannotBeScoredIsRefusedBeforeAnythingRuns() throws IOException {
        Path single = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        Path pairs = LocalSpark.model(folder, TinyModels.ENTAILMENT, 1);
        Path nonsense = Files.writeString(folder.resolve("nonsense.filigree"), "not a model");
        Dataset<Row> data = LocalSpark.rows(List.of("good"), 1);

        assertRefused(FiligreeScorer.of(single).pairCol("text"), data,
                "Task sentiment of " + single + " takes single texts: leave pairCol out.");
        assertRefused(FiligreeScorer.of(pairs), data,
                "Task entailment of " + pairs + " takes pairs of texts: name the column of the second ones with pairCol.");
        assertRefused(FiligreeScorer.of(single).inputCol("id"), data,
                "Column id is of type int, and a model reads strings: cast it, or name another column.");
        assertRefused(FiligreeScorer.of(single).outputCol("Text"), data,
                "The data has a column text already: give the answers another name with outputCol.");
        assertThatThrownBy(() -> FiligreeScorer.of(single).inputCol("txt").transform(data))
                .isInstanceOf(AnalysisException.class).hasMessageContaining("txt").hasMessageContaining("text");
        assertThatThrownBy(() -> FiligreeScorer.of(folder.resolve("absent.filigree")).transform(data))
                .hasMessageContaining("There is no model at " + folder.resolve("absent.filigree"));
        assertThatThrownBy(() -> FiligreeScorer.of(nonsense).transform(data))
                .hasMessageStartingWith("This is no model that can be used: " + nonsense);
        assertThatThrownBy(() -> FiligreeScorer.of(single).provider("abacus"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("There is no provider 'abacus'");
        assertThatThrownBy(() -> FiligreeScorer.of(single).rowsPerCall(0)).hasMessage("A call needs at least one row, not 0.");
    }

    @Test
    void aProviderThatCannotRunFailsTheJobWithItsSentence() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);

        Dataset<Row> scored = FiligreeScorer.of(file).provider("cuda:99").transform(LocalSpark.rows(List.of("good"), 1));

        assertThatThrownBy(scored::collectAsList).hasStackTraceContaining("Provider cuda:99 cannot run the model");
    }

    private static void assertRefused(FiligreeScorer scorer, Dataset<Row> data, String sentence) {
        assertThatThrownBy(() -> scorer.transform(data)).isInstanceOf(IllegalArgumentException.class).hasMessage(sentence);
    }

    static void assertSame(Row answer, Classification expected) {
        assertThat(answer.getString(0)).isEqualTo(expected.label());
        assertThat(answer.getFloat(1)).isEqualTo(expected.score());
        for (int i = 0; i < expected.scores().length; i++) {
            assertThat(answer.<String, Float>getJavaMap(2).get(expected.labels().get(i))).isEqualTo(expected.scores()[i]);
        }
        assertThat(answer.getInt(3)).isEqualTo(expected.tokens());
        assertThat(answer.getBoolean(4)).isEqualTo(expected.truncated());
    }
}
