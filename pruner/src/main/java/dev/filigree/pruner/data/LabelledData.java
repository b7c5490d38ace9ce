package dev.filigree.pruner.data;

import dev.filigree.format.Task;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** A task with the examples that it is learned from and judged by. Files are read anew at each call. Implementations are thread-safe. */
public interface LabelledData {
    /** What is to be told of a text or pair; the targets of examples are indices of its labels, or scores. */
    Task task();

    /** How it is read, where that can be chosen, by name, as provenance records it: runs of other ones are other runs. */
    default Map<String, String> asText() {
        return Map.of();
    }

    /**
     * What is trained on.
     *
     * @throws MissingDataException when it is not there
     * @throws MalformedDataException when a row is not as it should be
     * @throws IOException when it cannot be read
     */
    ExampleFile train() throws IOException;

    /**
     * What models are judged by: at least one file, each of another name than the others and than {@link #train}.
     *
     * @throws MissingDataException when one is not there
     * @throws MalformedDataException when a row is not as it should be
     * @throws IOException when one cannot be read
     */
    List<EvaluationFile> dev() throws IOException;
}
