package dev.filigree.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.MapPartitions;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.classic.Dataset;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The plan that adds a column of answers: the columns and the texts packed into one struct → {@link AnswerFunction} on each partition →
 * unpacked. It is the plan of {@link Dataset#mapPartitions} without its encoders, which would decode every column into Java objects and
 * encode it again: that costs time, and alters what Java objects cannot hold, such as a string that is no UTF-8 or a day that the Julian
 * calendar lacks. The struct goes in and out of {@link MapPartitions} as it is, where Spark's own plans have an object, and a plain {@link
 * Project} unpacks it: Spark's {@code SerializeFromObject} is pruned in a way that misreads fields that it did not make itself.
 */
final class AnswerPlan {
    private final Dataset<Row> data;
    private final List<String> textColumns;
    private final String answerColumn;

    AnswerPlan(Dataset<Row> data, List<String> textColumns, String answerColumn) {
        this.data = data;
        this.textColumns = textColumns;
        this.answerColumn = answerColumn;
    }

    /**
     * The data with the answers.
     *
     * @throws IllegalArgumentException when a column of texts has another type than string, or there is a column of the answers' name
     *     already
     */
    <A> Dataset<Row> add(DistributedModel model, Work<A> work, int rowsPerCall) {
        requireNewColumn();
        Dataset<Row> packed = data.select(functions.struct(
                Stream.concat(Stream.of("*"), textColumns.stream()).map(functions::col).toArray(Column[]::new)).as("row"));
        StructType fields = (StructType) packed.schema().apply(0).dataType();
        requireStrings(fields);
        StructType answered = fields.add(answerColumn, work.type(), true);

        AnswerFunction<A> function = new AnswerFunction<>(model, work, fields.size(), textColumns.size() == 2, rowsPerCall);
        AttributeReference output = new AttributeReference(
                "row", answered, false, Metadata.empty(), NamedExpression.newExprId(), none());
        return Dataset.ofRows(data.sparkSession(), unpacked(new MapPartitions(function, output, packed.logicalPlan()), output, answered));
    }

    /** All fields but the copies of the texts. */
    private LogicalPlan unpacked(LogicalPlan mapped, AttributeReference row, StructType answered) {
        int columns = answered.size() - 1 - textColumns.size();
        List<NamedExpression> expressions = new ArrayList<>();
        for (int i = 0; i < answered.size(); i++) {
            if (i < columns || i == answered.size() - 1) {
                StructField field = answered.fields()[i];
                // By place, for names may come twice.
                GetStructField value = new GetStructField(row, i, Option.empty());
                Option<Metadata> metadata = Option.apply(field.metadata());
                expressions.add(new Alias(value, field.name(), NamedExpression.newExprId(), none(), metadata, none()));
            }
        }
        return new Project(CollectionConverters.asScala(expressions).toSeq(), mapped);
    }

    @SuppressWarnings("unchecked")
    private static <T> Seq<T> none() {
        return (Seq<T>) Nil$.MODULE$;
    }

    private void requireNewColumn() {
        boolean caseSensitive = Boolean.parseBoolean(data.sparkSession().conf().get("spark.sql.caseSensitive"));
        Arrays.stream(data.columns())
                .filter(column -> caseSensitive ? column.equals(answerColumn) : column.equalsIgnoreCase(answerColumn))
                .findFirst()
                .ifPresent(taken -> {
                    throw new IllegalArgumentException(
                            "The data has a column " + taken + " already: give the answers another name with outputCol.");
                });
    }

    private void requireStrings(StructType fields) {
        for (int i = 0; i < textColumns.size(); i++) {
            StructField text = fields.fields()[fields.size() - textColumns.size() + i];
            if (!(text.dataType() instanceof StringType)) {
                throw new IllegalArgumentException("Column " + textColumns.get(i) + " is of type " + text.dataType().simpleString()
                        + ", and a model reads strings: cast it, or name another column.");
            }
        }
    }
}
