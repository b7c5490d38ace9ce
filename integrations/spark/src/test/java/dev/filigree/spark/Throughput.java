package dev.filigree.spark;

import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Texts a second by Spark, beside what as many threads of the same JVM do with the runtime alone: the same texts, in turns, round by round.
 * Spark reads them from Parquet and throws the answers away, the runtime has them in memory. The share by the clock has the planning and
 * starting of a job in it, which do not grow with the data; the share by processor time is that of the tasks' threads. Arguments: a model
 * of single texts, the number of rounds, and of texts.
 */
final class Throughput {
    private static final List<Integer> THREADS = List.of(1, 2);
    private static final List<Integer> ROWS_PER_CALL = List.of(16, Settings.ROWS_PER_CALL, 1024);

    private final SparkSession spark = LocalSpark.session();
    private final AtomicLong taskNanos = new AtomicLong();

    private Throughput() {
        spark.sparkContext().addSparkListener(new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                taskNanos.addAndGet(end.taskMetrics().executorCpuTime() + end.taskMetrics().executorDeserializeCpuTime());
            }
        });
    }

    /** What one pass over the texts took, in ns. */
    private record Pass(long clock, long processor) {}

    /** Prints a line for each number of threads and of rows a call. */
    public static void main(String[] args) throws Exception {
        Path model = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        List<String> texts = LocalSpark.texts(Integer.parseInt(args[2]), 17);
        System.out.printf("%d texts, %d rounds, %s, Java %s, %s%n",
                texts.size(), rounds, model.getFileName(), Runtime.version(), machine());
        new Throughput().run(model, rounds, texts);
    }

    private void run(Path model, int rounds, List<String> texts) throws Exception {
        Path data = Files.createTempDirectory("throughput").resolve("texts.parquet");
        LocalSpark.rows(texts, 2).write().parquet(data.toString());
        Dataset<Row> rows = spark.read().parquet(data.toString());
        try (Classifier classifier = Classifier.open(model)) {
            for (int threads : THREADS) {
                List<Pass> alone = new ArrayList<>();
                List<List<Pass>> bySpark = ROWS_PER_CALL.stream().<List<Pass>>map(any -> new ArrayList<>()).toList();
                // The first round warms up.
                for (int round = 0; round <= rounds; round++) {
                    alone.add(alone(classifier, chunks(texts), threads));
                    for (int i = 0; i < bySpark.size(); i++) {
                        bySpark.get(i).add(withSpark(model, rows.coalesce(threads), ROWS_PER_CALL.get(i)));
                    }
                }
                System.out.printf("%d thread(s), the runtime alone: %.0f texts/s%n", threads,
                        median(alone, alone, (pass, same) -> texts.size() * 1e9 / pass.clock));
                for (int i = 0; i < bySpark.size(); i++) {
                    System.out.printf("%d thread(s), Spark with %d rows a call: %.3f of it by the clock, %.3f by processor time%n",
                            threads, ROWS_PER_CALL.get(i),
                            median(alone, bySpark.get(i), (one, other) -> (double) one.clock / other.clock),
                            median(alone, bySpark.get(i), (one, other) -> (double) one.processor / other.processor));
                }
            }
        } finally {
            spark.stop();
        }
    }

    private static Pass alone(Classifier classifier, List<List<TextInput>> chunks, int threads) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            long start = System.nanoTime();
            List<Future<Long>> shares = new ArrayList<>();
            for (int share = 0; share < threads; share++) {
                List<List<TextInput>> part = chunks.subList(chunks.size() * share / threads, chunks.size() * (share + 1) / threads);
                shares.add(pool.submit(() -> {
                    long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                    part.forEach(classifier::classify);
                    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
                }));
            }
            long processor = 0;
            for (Future<Long> share : shares) {
                processor += share.get();
            }
            return new Pass(System.nanoTime() - start, processor);
        }
    }

    private Pass withSpark(Path model, Dataset<Row> rows, int rowsPerCall) throws Exception {
        Dataset<Row> scored = FiligreeScorer.of(model).rowsPerCall(rowsPerCall).transform(rows);
        taskNanos.set(0);
        long start = System.nanoTime();
        scored.write().format("noop").mode("overwrite").save();
        long clock = System.nanoTime() - start;
        spark.sparkContext().listenerBus().waitUntilEmpty();
        return new Pass(clock, taskNanos.get());
    }

    private static List<List<TextInput>> chunks(List<String> texts) {
        List<List<TextInput>> chunks = new ArrayList<>();
        for (int i = 0; i < texts.size(); i += Settings.ROWS_PER_CALL) {
            chunks.add(texts.subList(i, Math.min(texts.size(), i + Settings.ROWS_PER_CALL)).stream().map(TextInput::of).toList());
        }
        return chunks;
    }

    /** Of all rounds but the first. */
    private static double median(List<Pass> alone, List<Pass> other, ToDoubleBiFunction<Pass, Pass> ratio) {
        double[] sorted = new double[alone.size() - 1];
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] = ratio.applyAsDouble(alone.get(i + 1), other.get(i + 1));
        }
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static String machine() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (Files.notExists(info)) {
            return System.getProperty("os.arch");
        }
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 2)).findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
