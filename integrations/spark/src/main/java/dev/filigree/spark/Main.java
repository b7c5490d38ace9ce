package dev.filigree.spark;

import dev.filigree.runtime.FiligreeVersion;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A job for {@code spark-submit} that adds a column of answers to a data set. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
@Command(
        name = "spark-submit [OPTIONS OF SPARK] --class dev.filigree.spark.Main filigree-spark.jar",
        description = "Classifies or embeds the texts of a data set, and writes it with the answers.",
        sortOptions = false,
        mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
    private static final List<String> INPUTS = List.of("parquet", "orc", "json", "csv", "txt");
    /** Those that can hold a struct. */
    private static final List<String> OUTPUTS = List.of("parquet", "orc", "json");

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "FILE",
            description = "A packed model: a path of the driver's machine, or a URI such as hdfs://… or s3a://….")
    private String model;

    @Option(names = "--input", required = true, paramLabel = "DATA",
            description = "A file or folder; the end of its name tells the format.")
    private String input;

    @Option(names = "--output", required = true, paramLabel = "FOLDER",
            description = "Where the data goes; the end of its name tells the format.")
    private String output;

    @Option(names = "--input-format", paramLabel = "FORMAT",
            description = "parquet, orc, json, csv (with a line of names) or txt (a text a line).")
    private Optional<String> inputFormat = Optional.empty();

    @Option(names = "--output-format", paramLabel = "FORMAT", description = "parquet, orc or json.")
    private Optional<String> outputFormat = Optional.empty();

    @Option(names = "--column", defaultValue = "text", paramLabel = "NAME",
            description = "The column of texts, '${DEFAULT-VALUE}' by default, which is what the lines of a txt file are called.")
    private String column;

    @Option(names = "--pair-column", paramLabel = "NAME", description = "The column of second texts, for a model of pairs.")
    private Optional<String> pairColumn = Optional.empty();

    @Option(names = "--embed", description = "Adds sentence embeddings instead of classifications.")
    private boolean embed;

    @Option(names = "--answer-column", paramLabel = "NAME",
            description = "The column that is added: 'classification' or 'embedding' unless it is named.")
    private Optional<String> answerColumn = Optional.empty();

    @Option(names = "--provider", defaultValue = "auto", paramLabel = "NAME",
            description = "auto, cpu, cuda, native, vector or reference; auto by default.")
    private String provider;

    @Option(names = "--partitions", paramLabel = "N",
            description = "Deals the rows out to so many tasks, in any order: for data of which Spark makes fewer tasks than it has cores.")
    private Optional<Integer> partitions = Optional.empty();

    @Option(names = "--overwrite", description = "Replaces the output if it is there; without this, that is refused.")
    private boolean overwrite;

    /** Runs the job in the session that spark-submit configured. */
    public static void main(String[] args) {
        CommandLine job = new CommandLine(new Main());
        job.getCommandSpec().version("filigree " + FiligreeVersion.current());
        job.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("filigree: " + Optional.ofNullable(failure.getMessage()).orElseGet(failure::toString));
            return 1;
        });
        int code = job.execute(args);
        // Where the driver runs on the cluster, leaving main is how success is told.
        if (code != 0) {
            System.exit(code);
        }
    }

    @Override
    public Integer call() throws IOException {
        Consumer<SparkSession> job;
        try {
            job = job();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        try (SparkSession spark = SparkSession.builder().appName("Filigree").getOrCreate()) {
            job.accept(spark);
        }
        return 0;
    }

    /**
     * What is to be done in a session.
     *
     * @throws IllegalArgumentException when the options do not go together
     */
    Consumer<SparkSession> job() {
        String from = format("input", input, inputFormat, INPUTS);
        String to = format("output", output, outputFormat, OUTPUTS);
        if (partitions.isPresent() && partitions.get() < 1) {
            throw new IllegalArgumentException("There must be at least 1 partition, not " + partitions.get() + ".");
        }
        UnaryOperator<Dataset<Row>> answers = answers();
        return spark -> {
            Dataset<Row> data = read(spark, from);
            answers.apply(partitions.map(data::repartition).orElse(data))
                    .write().mode(overwrite ? SaveMode.Overwrite : SaveMode.ErrorIfExists).format(to).save(output);
        };
    }

    private UnaryOperator<Dataset<Row>> answers() {
        if (embed) {
            if (pairColumn.isPresent()) {
                throw new IllegalArgumentException("Embeddings are of single texts: leave --pair-column out, or run once for each column.");
            }
            FiligreeEmbedder embedder = FiligreeEmbedder.of(model).inputCol(column).provider(provider);
            return answerColumn.map(embedder::outputCol).orElse(embedder)::transform;
        }
        FiligreeScorer single = FiligreeScorer.of(model).inputCol(column).provider(provider);
        FiligreeScorer scorer = pairColumn.map(single::pairCol).orElse(single);
        return answerColumn.map(scorer::outputCol).orElse(scorer)::transform;
    }

    private Dataset<Row> read(SparkSession spark, String format) {
        return switch (format) {
            case "txt" -> spark.read().text(input).toDF("text");
            case "csv" -> spark.read().option("header", true).option("multiLine", true).option("escape", "\"").csv(input);
            default -> spark.read().format(format).load(input);
        };
    }

    private static String format(String what, String path, Optional<String> given, List<String> known) {
        String format = given.orElseGet(() -> path.substring(path.lastIndexOf('.') + 1)).toLowerCase(Locale.ROOT);
        if (!known.contains(format)) {
            throw new IllegalArgumentException("The format of the " + what + " " + path + " is not one of " + String.join(", ", known)
                    + (given.isPresent() ? "." : ": name it with --" + what + "-format."));
        }
        return format;
    }
}
