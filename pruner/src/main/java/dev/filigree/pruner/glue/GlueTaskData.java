package dev.filigree.pruner.glue;

import dev.filigree.format.Task;
import dev.filigree.pruner.data.EvaluationFile;
import dev.filigree.pruner.data.ExampleFile;
import dev.filigree.pruner.data.LabelledData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One of GLUE's tasks, with its official metrics.
 *
 * @param glue the task
 * @param source where its examples are
 */
public record GlueTaskData(GlueTask glue, GlueData source) implements LabelledData {
    @Override
    public Task task() {
        return glue.toTask();
    }

    @Override
    public ExampleFile train() throws IOException {
        return source.read(glue, GlueSplit.TRAIN);
    }

    @Override
    public List<EvaluationFile> dev() throws IOException {
        List<EvaluationFile> files = new ArrayList<>();
        for (GlueSplit split : glue.devSplits()) {
            files.add(new EvaluationFile(
                    source.read(glue, split), (predicted, expected) -> GlueMetrics.score(glue, split, predicted, expected)));
        }
        return files;
    }
}
