package dev.filigree.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.AbstractIterator;
import scala.collection.Iterator;

class AnswerFunctionTest {
    @TempDir
    private Path folder;

    @Test
    void noMoreRowsAreTakenThanOneCallAnswers() throws IOException {
        Path file = LocalSpark.model(folder, TinyModels.SENTIMENT, 1);
        DistributedModel model = DistributedModel.of(ModelSource.of(file.toString()), LocalSpark.session().sparkContext());
        AtomicInteger taken = new AtomicInteger();
        Iterator<Object> endless = new AbstractIterator<>() {
            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public Object next() {
                return new GenericInternalRow(new Object[] {UTF8String.fromString("good " + taken.incrementAndGet())});
            }
        };

        Iterator<Object> answers = new AnswerFunction<>(model, new Classify("auto"), 1, false, 10).apply(endless);

        assertThat(taken).hasValue(0);
        for (int row = 0; row < 25; row++) {
            answers.next();
            assertThat(taken).hasValue((row / 10 + 1) * 10);
        }
    }
}
