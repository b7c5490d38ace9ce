package dev.filigree.spark;

import dev.filigree.runtime.TextInput;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import scala.collection.AbstractIterator;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/**
 * What runs on a partition: takes rows of which the last one or two fields are texts, and gives the same rows, in their order, with the
 * answer as one more field. Rows are gathered until {@code rowsPerCall} of them are there, then the model is called once for all that have
 * no null among their texts; no more rows than these are held.
 *
 * @param <A> an answer
 */
final class AnswerFunction<A> extends AbstractFunction1<Iterator<Object>, Iterator<Object>> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final DistributedModel model;
    private final Work<A> work;
    private final int fields;
    private final boolean pairs;
    private final int rowsPerCall;

    /** Rows have so many fields, texts included. */
    AnswerFunction(DistributedModel model, Work<A> work, int fields, boolean pairs, int rowsPerCall) {
        this.model = model;
        this.work = work;
        this.fields = fields;
        this.pairs = pairs;
        this.rowsPerCall = rowsPerCall;
    }

    @Override
    public Iterator<Object> apply(Iterator<Object> rows) {
        Queue<InternalRow> gathered = new ArrayDeque<>(rowsPerCall);
        Queue<A> answers = new ArrayDeque<>(rowsPerCall);
        return new AbstractIterator<>() {
            @Override
            public boolean hasNext() {
                return !gathered.isEmpty() || rows.hasNext();
            }

            @Override
            public Object next() {
                if (gathered.isEmpty()) {
                    gather(rows, gathered, answers);
                }
                InternalRow row = gathered.remove();
                Object answer = hasNull(row) ? null : work.internal(answers.remove());
                return new JoinedRow(row, new GenericInternalRow(new Object[] {answer}));
            }
        };
    }

    private void gather(Iterator<Object> rows, Queue<InternalRow> gathered, Queue<A> answers) {
        List<TextInput> inputs = new ArrayList<>(rowsPerCall);
        while (gathered.size() < rowsPerCall && rows.hasNext()) {
            // Spark writes the next row over this one.
            InternalRow row = ((InternalRow) rows.next()).copy();
            gathered.add(row);
            if (!hasNull(row)) {
                inputs.add(pairs ? TextInput.of(text(row, fields - 2), text(row, fields - 1)) : TextInput.of(text(row, fields - 1)));
            }
        }
        if (!inputs.isEmpty()) {
            answers.addAll(ModelCache.SHARED.with(model, work, open -> open.answer(inputs)));
        }
    }

    private boolean hasNull(InternalRow row) {
        return row.isNullAt(fields - 1) || pairs && row.isNullAt(fields - 2);
    }

    private static String text(InternalRow row, int field) {
        return row.getUTF8String(field).toString();
    }
}
