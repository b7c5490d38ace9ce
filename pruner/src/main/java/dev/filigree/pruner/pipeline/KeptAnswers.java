package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.List;

/** A model's answers to the evaluation examples, which are computed once, whatever kills the run. */
final class KeptAnswers implements Checkpointed {
    private List<float[]> answers;

    /** Room for as many answers as each evaluation file has examples. */
    KeptAnswers(TaskData data) {
        this.answers = data.dev().stream().map(file -> new float[file.texts().size()]).toList();
    }

    void set(List<float[]> values) {
        answers = values;
    }

    List<float[]> get() {
        return answers;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        for (float[] file : answers) {
            out.floats("answers", file);
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        for (float[] file : answers) {
            in.floats("answers", file);
        }
    }
}
