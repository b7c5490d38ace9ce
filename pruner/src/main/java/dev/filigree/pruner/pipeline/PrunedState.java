package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.train.BertClassifier;
import java.io.IOException;
import java.util.List;

/**
 * All that a pruning method changes.
 *
 * @param student its weights
 * @param layers their masks and metrics
 */
record PrunedState(BertClassifier student, List<PatternLayer> layers) implements Checkpointed {
    @Override
    public void save(StateWriter out) throws IOException {
        student.save(out);
        for (PatternLayer layer : layers) {
            layer.save(out);
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        student.restore(in);
        for (PatternLayer layer : layers) {
            layer.restore(in);
        }
    }
}
