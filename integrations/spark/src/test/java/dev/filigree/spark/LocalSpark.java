package dev.filigree.spark;

import dev.filigree.format.ModelWriter;
import dev.filigree.format.Pooling;
import dev.filigree.format.Task;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The one session of these tests, on two threads; a task that fails is tried once more. */
final class LocalSpark {
    private static final List<String> WORDS = List.of("good", "bad", "not", "so", "it", "going", "film", "a", "on", "!");

    private LocalSpark() {}

    static SparkSession session() {
        return SparkSession.builder()
                .master("local[2,2]")
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.driver.host", "localhost")
                .config("spark.sql.warehouse.dir", Path.of("target", "warehouse").toAbsolutePath().toString())
                .getOrCreate();
    }

    /** Writes a tiny model. */
    static Path model(Path folder, Task task, long seed) throws IOException {
        Path file = folder.resolve(task.name() + seed + ".filigree");
        ModelWriter.write(TinyModels.of(task, Pooling.MEAN, seed), file);
        return file;
    }

    /** Texts of up to 40 words, some longer than the models take. */
    static List<String> texts(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            int words = random.nextInt(40);
            for (int word = 0; word < words; word++) {
                text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
            }
            texts.add(text.toString());
        }
        return texts;
    }

    /** The texts with their numbers, in so many partitions. */
    static Dataset<Row> rows(List<String> texts, int partitions) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            rows.add(RowFactory.create(i, texts.get(i)));
        }
        StructType schema = new StructType().add("id", DataTypes.IntegerType, false).add("text", DataTypes.StringType);
        return inPartitions(rows, schema, partitions);
    }

    /** Rows in their order, in so many partitions. */
    static Dataset<Row> inPartitions(List<Row> rows, StructType schema, int partitions) {
        SparkSession spark = session();
        return spark.createDataFrame(
                new org.apache.spark.api.java.JavaSparkContext(spark.sparkContext()).parallelize(rows, partitions), schema);
    }
}
