package dev.filigree.spark;

import dev.filigree.runtime.Classification;
import dev.filigree.runtime.Classifier;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Classification; an answer is a struct of label, score, scores by label, tokens and truncated. */
record Classify(String provider) implements Work<Classification> {
    private static final StructType TYPE = new StructType()
            .add("label", DataTypes.StringType, false)
            .add("score", DataTypes.FloatType, false)
            .add("scores", DataTypes.createMapType(DataTypes.StringType, DataTypes.FloatType, false), false)
            .add("tokens", DataTypes.IntegerType, false)
            .add("truncated", DataTypes.BooleanType, false);

    @Override
    public DataType type() {
        return TYPE;
    }

    @Override
    public OpenModel<Classification> open(InputStream file) throws IOException {
        Classifier classifier = Classifier.builder().provider(provider).open(file);
        return new OpenModel<>() {
            @Override
            public List<Classification> answer(List<TextInput> inputs) {
                return classifier.classify(inputs);
            }

            @Override
            public void close() {
                classifier.close();
            }
        };
    }

    @Override
    public Object internal(Classification answer) {
        Object[] labels = answer.labels().stream().map(UTF8String::fromString).toArray();
        ArrayBasedMapData scores = new ArrayBasedMapData(new GenericArrayData(labels), UnsafeArrayData.fromPrimitiveArray(answer.scores()));
        return new GenericInternalRow(
                new Object[] {UTF8String.fromString(answer.label()), answer.score(), scores, answer.tokens(), answer.truncated()});
    }

    @Override
    public Row external(Classification answer) {
        Map<String, Float> scores = new LinkedHashMap<>();
        for (int i = 0; i < answer.scores().length; i++) {
            scores.put(answer.labels().get(i), answer.scores()[i]);
        }
        return RowFactory.create(answer.label(), answer.score(), scores, answer.tokens(), answer.truncated());
    }
}
