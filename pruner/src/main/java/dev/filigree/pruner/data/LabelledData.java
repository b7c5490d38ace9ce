package dev.filigree.pruner.data;

import dev.filigree.format.Task;
import java.io.IOException;
import java.util.List;

/** A task with the examples that it is learned from and judged by. Files are read anew at each call. Implementations are thread-safe. */
public interface LabelledData {
    /** What is to be told of a text or pair; the targets of examples are indices of its labels, or scores. */
    Task task();

    /**
     * What is trained on.
     *
     * @throws MissingDataException when it is not there
     * @throws MalformedDataException when a row is not as it should be
     * @throws IOException when it cannot be read
     */
    ExampleFile train() throws IOException;

    /**
     * What models are judged by, at least one file.
     *
     * @throws MissingDataException when one is not there
     * @throws MalformedDataException when a row is not as it should be
     * @throws IOException when one cannot be read
     */
    List<EvaluationFile> dev() throws IOException;
}
