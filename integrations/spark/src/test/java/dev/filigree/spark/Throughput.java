package dev.filigree.spark;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Texts a second by Spark, beside what the same threads of the same JVM do with the runtime alone: the same texts, in turns, round by
 * round. Spark reads them from Parquet and throws the answers away, the runtime has them in memory. Arguments: a model of single texts, and
 * the number of rounds.
 */
final class Throughput {
    private static final int TEXTS = 2000;
    private static final List<Integer> THREADS = List.of(1, 2);
    private static final List<Integer> ROWS_PER_CALL = List.of(16, Settings.ROWS_PER_CALL, 1024);

    private Throughput() {}

    /** Prints a table. */
    public static void main(String[] args) throws Exception {
        Path model = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        List<String> texts = LocalSpark.texts(TEXTS, 17);
        Path data = Files.createTempDirectory("throughput").resolve("texts.parquet");
        SparkSession spark = LocalSpark.session();
        LocalSpark.rows(texts, 2).write().parquet(data.toString());
        Dataset<Row> rows = spark.read().parquet(data.toString());
        System.out.printf("%d texts, %d rounds, %s, Java %s, %s%n", TEXTS, rounds, model.getFileName(), Runtime.version(), machine());

        try (Classifier classifier = Classifier.open(model)) {
            List<List<TextInput>> chunks = chunks(texts);
            for (int threads : THREADS) {
                double[] alone = new double[rounds];
                double[][] byRows = new double[ROWS_PER_CALL.size()][rounds];
                // The round before the first warms up.
                for (int round = -1; round < rounds; round++) {
                    double runtime = alone(classifier, chunks, threads);
                    for (int i = 0; i < byRows.length; i++) {
                        double share = spark(model, rows.coalesce(threads), ROWS_PER_CALL.get(i)) / runtime;
                        if (round >= 0) {
                            alone[round] = runtime;
                            byRows[i][round] = share;
                        }
                    }
                }
                System.out.printf("%d thread(s): %.0f texts/s by the runtime alone", threads, median(alone));
                for (int i = 0; i < byRows.length; i++) {
                    System.out.printf("; Spark with %d rows a call %.3f of it (%.3f to %.3f)", ROWS_PER_CALL.get(i), median(byRows[i]),
                            Arrays.stream(byRows[i]).min().orElseThrow(), Arrays.stream(byRows[i]).max().orElseThrow());
                }
                System.out.println();
            }
        } finally {
            spark.stop();
        }
    }

    private static double alone(Classifier classifier, List<List<TextInput>> chunks, int threads) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            long start = System.nanoTime();
            List<Future<?>> shares = new ArrayList<>();
            for (int share = 0; share < threads; share++) {
                List<List<TextInput>> part = chunks.subList(chunks.size() * share / threads, chunks.size() * (share + 1) / threads);
                shares.add(pool.submit(() -> part.forEach(classifier::classify)));
            }
            for (Future<?> share : shares) {
                share.get();
            }
            return textsPerSecond(start);
        }
    }

    private static double spark(Path model, Dataset<Row> rows, int rowsPerCall) {
        Dataset<Row> scored = FiligreeScorer.of(model).rowsPerCall(rowsPerCall).transform(rows);
        long start = System.nanoTime();
        scored.write().format("noop").mode("overwrite").save();
        return textsPerSecond(start);
    }

    private static double textsPerSecond(long start) {
        return TEXTS * 1e9 / (System.nanoTime() - start);
    }

    private static List<List<TextInput>> chunks(List<String> texts) {
        List<List<TextInput>> chunks = new ArrayList<>();
        for (int i = 0; i < texts.size(); i += Settings.ROWS_PER_CALL) {
            chunks.add(texts.subList(i, Math.min(texts.size(), i + Settings.ROWS_PER_CALL)).stream().map(TextInput::of).toList());
        }
        return chunks;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static String machine() throws java.io.IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).findFirst().map(line -> line.substring(line.indexOf(':') + 2))
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
