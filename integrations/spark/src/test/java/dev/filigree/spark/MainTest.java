package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    private final SparkSession spark = LocalSpark.session();
    @TempDir
    private Path folder;
    private Path model;
    private Path output;

    @BeforeEach
    void paths() throws IOException {
        model = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        output = folder.resolve("out.parquet");
    }

    @Test
    void aParquetDataSetComesOutAsParquetWithTheAnswers() throws IOException {
        Path input = folder.resolve("in.parquet");
        List<String> texts = LocalSpark.texts(60, 14);
        LocalSpark.rows(texts, 3).write().parquet(input.toString());

        run("--model", model, "--input", input, "--output", output);

        List<Row> rows = spark.read().parquet(output.toString()).orderBy("id").collectAsList();
        try (Classifier classifier = Classifier.open(model)) {
            assertThat(rows).hasSize(60);
            for (int i = 0; i < 60; i++) {
                assertThat(rows.get(i).getString(1)).isEqualTo(texts.get(i));
                FiligreeScorerTest.assertSame(rows.get(i).getStruct(2), classifier.classify(texts.get(i)));
            }
        }
    }

    @Test
    void linesOfTextAreScoredByAsManyTasksAsAsked() throws IOException {
        Path input = Files.write(folder.resolve("in.txt"), LocalSpark.texts(20, 15));

        run("--model", model, "--input", input, "--output", output, "--answer-column", "a", "--partitions", 3);

        assertThat(spark.read().parquet(output.toString()).select("text", "a.label").count()).isEqualTo(20);
        try (var files = Files.list(output)) {
            assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).hasSize(3);
        }
    }

    @Test
    void columnsOfACsvFileAreReadAsTheirNamesSay() throws IOException {
        Path pairs = LocalSpark.model(folder, TinyModels.ENTAILMENT, 1);
        Path input = Files.writeString(folder.resolve("in.csv"), "no,first,second\n1,\"good, so \"\"good\"\"\",bad\n2,not\u0020so,good\n");
        Path json = folder.resolve("out.json");

        run("--model", pairs, "--input", input, "--output", json, "--column", "first", "--pair-column", "second");

        Row row = spark.read().json(json.toString()).filter("no = 1").first();
        try (Classifier classifier = Classifier.open(pairs)) {
            assertThat(row.<Row>getAs("classification").<String>getAs("label"))
                    .isEqualTo(classifier.classify("good, so \"good\"", "bad").label());
        }
    }

    @Test
    void embeddingsAreWrittenWhereTheyAreAskedFor() throws IOException {
        Path input = Files.writeString(folder.resolve("in.txt"), "good film\n");

        run("--model", model, "--input", input, "--output", output, "--embed");

        try (Encoder encoder = Encoder.open(model)) {
            Row row = spark.read().parquet(output.toString()).first();
            assertThat(FiligreeEmbedderTest.floats(row, 1)).isEqualTo(encoder.embed("good film"));
        }
    }

    @Test
    void outputThatIsThereIsKeptUnlessItIsToBeReplaced() throws IOException {
        Path input = Files.writeString(folder.resolve("in.txt"), "good film\n");
        run("--model", model, "--input", input, "--output", output);

        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", output)).hasMessageContaining(output.toString());
        run("--model", model, "--input", input, "--output", output, "--overwrite", "--answer-column", "replaced");

        assertThat(spark.read().parquet(output.toString()).columns()).containsExactly("text", "replaced");
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() throws IOException {
        Path input = Files.writeString(folder.resolve("in.txt"), "good film\n");

        assertThatThrownBy(() -> run("--model", model, "--input", "reviews", "--output", output))
                .hasMessage("The format of the input reviews is not one of parquet, orc, json, csv, txt: name it with --input-format.");
        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", "out.csv"))
                .hasMessage("The format of the output out.csv is not one of parquet, orc, json: name it with --output-format.");
        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", output, "--embed", "--pair-column", "b"))
                .hasMessage("Embeddings are of single texts: leave --pair-column out, or run once for each column.");
        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", output, "--partitions", "0"))
                .hasMessage("There must be at least 1 partition, not 0.");
        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", output, "--provider", "gpu"))
                .hasMessageStartingWith("There is no provider 'gpu': write one of auto, cpu,");
        assertThatThrownBy(() -> run("--model", model, "--input", input, "--output", output, "--embed", "--provider", "gpu"))
                .hasMessageStartingWith("There is no provider 'gpu': write one of auto, cpu,");
    }

    @Test
    void wrongUsageIsExitCodeTwo() {
        StringWriter errors = new StringWriter();

        int code = new CommandLine(new Main()).setErr(new PrintWriter(errors)).execute("--model", "m.filigree");

        assertThat(code).isEqualTo(2);
        assertThat(errors.toString()).contains("--input").contains("--output");
        assertThat(new CommandLine(new Main()).setErr(new PrintWriter(errors))
                .execute("--model", "m.filigree", "--input", "reviews", "--output", "out.json")).isEqualTo(2);
        assertThat(errors.toString()).contains("The format of the input reviews is not one of");
    }

    private void run(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        CommandLine.populateCommand(new Main(), words).job().accept(spark);
    }
}
