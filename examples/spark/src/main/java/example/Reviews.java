package example;

import dev.filigree.spark.FiligreeScorer;
import dev.filigree.spark.FiligreeUdf;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Classifies each line of a text file with the model of the first argument, keeps the answers as Parquet, and asks for some of them in SQL.
 */
public final class Reviews {
    public static void main(String[] args) {
        SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "WARN")
                .getOrCreate();
        try {
            Dataset<Row> reviews = spark.read().text(args[1]).toDF("text");
            Dataset<Row> scored = FiligreeScorer.of(args[0]).inputCol("text").outputCol("classification").transform(reviews);
            scored.write().mode("overwrite").parquet(args[2]);

            spark.read().parquet(args[2]).select("classification.label", "classification.score").collectAsList()
                    .forEach(row -> System.out.println(row.getString(0) + " " + row.getFloat(1)));

            FiligreeUdf.register(spark, "classify", args[0]);
            reviews.createOrReplaceTempView("reviews");
            spark.sql("SELECT classify(text).label AS label, count(*) AS reviews FROM reviews GROUP BY label ORDER BY label").show();
        } finally {
            spark.stop();
        }
    }
}
