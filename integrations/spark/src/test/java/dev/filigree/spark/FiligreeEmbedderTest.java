package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.runtime.Encoder;
import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiligreeEmbedderTest {
    @TempDir
    private Path folder;

    @Test
    void embeddingsAreTheEncodersWithEitherPooling() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.ENTAILMENT, 1);
        List<String> texts = new ArrayList<>(LocalSpark.texts(60, 2));
        texts.set(7, null);
        Dataset<Row> data = LocalSpark.rows(texts, 4);

        List<Row> rows = FiligreeEmbedder.of(file).rowsPerCall(9).transform(data)
                .transform(FiligreeEmbedder.of(file).pooling(Encoder.Pooling.CLS).outputCol("first")::transform).collectAsList();

        try (Encoder mean = Encoder.open(file); Encoder first = Encoder.builder().pooling(Encoder.Pooling.CLS).open(file)) {
            for (int i = 0; i < texts.size(); i++) {
                Row row = rows.get(i);
                assertThat(row.getString(1)).isEqualTo(texts.get(i));
                if (i == 7) {
                    assertThat(row.isNullAt(2) && row.isNullAt(3)).isTrue();
                } else {
                    assertThat(floats(row, 2)).isEqualTo(mean.embed(texts.get(i)));
                    assertThat(floats(row, 3)).isEqualTo(first.embed(texts.get(i)));
                }
            }
        }
    }

    @Test
    void aColumnOfAnotherTypeIsRefused() throws IOException {
        FiligreeEmbedder embedder = FiligreeEmbedder.of(LocalSpark.model(folder, TinyModels.SENTIMENT, 1).toString()).inputCol("id");

        assertThatThrownBy(() -> embedder.transform(LocalSpark.rows(List.of("good"), 1)))
                .hasMessage("Column id is of type int, and a model reads strings: cast it, or name another column.");
    }

    static float[] floats(Row row, int column) {
        List<Float> values = row.getList(column);
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }
}
