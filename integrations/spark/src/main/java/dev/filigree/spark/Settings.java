package dev.filigree.spark;

import dev.filigree.format.Task;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.Dataset;

/**
 * What scorers and embedders have in common.
 *
 * @param model where the model is read
 * @param inputCol the column of texts
 * @param pairCol the column of second texts
 * @param outputCol the column of answers
 * @param rowsPerCall rows that go to the model together
 */
record Settings(ModelSource model, String inputCol, Optional<String> pairCol, String outputCol, int rowsPerCall) {
    /** Rows that go to the model together unless it is said otherwise: more of them gain nothing on a CPU. */
    static final int ROWS_PER_CALL = 128;

    Settings {
        if (rowsPerCall < 1) {
            throw new IllegalArgumentException("A call needs at least one row, not " + rowsPerCall + ".");
        }
    }

    static Settings of(ModelSource model, String outputCol) {
        return new Settings(model, "text", Optional.empty(), outputCol, ROWS_PER_CALL);
    }

    Settings withInputCol(String column) {
        return new Settings(model, column, pairCol, outputCol, rowsPerCall);
    }

    Settings withPairCol(String column) {
        return new Settings(model, inputCol, Optional.of(column), outputCol, rowsPerCall);
    }

    Settings withOutputCol(String column) {
        return new Settings(model, inputCol, pairCol, column, rowsPerCall);
    }

    Settings withRowsPerCall(int rows) {
        return new Settings(model, inputCol, pairCol, outputCol, rows);
    }

    /**
     * The data with the answers to this work.
     *
     * @param check throws where the model's task does not fit the columns
     */
    <A> org.apache.spark.sql.Dataset<Row> add(org.apache.spark.sql.Dataset<?> data, Work<A> work, Consumer<Task> check) {
        if (!(data.toDF() instanceof Dataset<Row> rows)) {
            throw new IllegalArgumentException("This Dataset is one of Spark Connect, and Filigree makes plans in the driver alone: run the"
                    + " job there, for example with spark-submit.");
        }
        DistributedModel distributed = DistributedModel.of(model, rows.sparkSession().sparkContext());
        check.accept(distributed.task());
        List<String> texts = pairCol.map(second -> List.of(inputCol, second)).orElseGet(() -> List.of(inputCol));
        return new AnswerPlan(rows, texts, outputCol).add(distributed, work, rowsPerCall);
    }
}
