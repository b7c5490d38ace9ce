package dev.filigree.spark;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TextInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Embedding of single texts; an answer is an array of floats. */
record Embed(String provider, Encoder.Pooling pooling) implements Work<float[]> {
    @Override
    public DataType type() {
        return DataTypes.createArrayType(DataTypes.FloatType, false);
    }

    @Override
    public OpenModel<float[]> open(InputStream file) throws IOException {
        Encoder encoder = Encoder.builder().provider(provider).pooling(pooling).open(file);
        return new OpenModel<>() {
            @Override
            public List<float[]> answer(List<TextInput> inputs) {
                return encoder.embed(inputs.stream().map(TextInput::first).toList());
            }

            @Override
            public void close() {
                encoder.close();
            }
        };
    }

    @Override
    public UnsafeArrayData internal(float[] answer) {
        return UnsafeArrayData.fromPrimitiveArray(answer);
    }

    @Override
    public float[] external(float[] answer) {
        return answer;
    }
}
