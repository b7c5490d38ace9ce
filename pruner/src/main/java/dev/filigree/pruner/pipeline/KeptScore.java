package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.glue.TaskScore;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** A score that is computed once, whatever kills the run. */
final class KeptScore implements Checkpointed {
    private TaskScore score = new TaskScore(Double.NaN, new LinkedHashMap<>());

    void set(TaskScore value) {
        score = value;
    }

    TaskScore get() {
        return score;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.real("main", score.main());
        out.number("metrics", score.values().size());
        for (Map.Entry<String, Double> metric : score.values().entrySet()) {
            out.text("name", metric.getKey());
            out.real("value", metric.getValue());
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        double main = in.real("main");
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        for (long left = in.number("metrics"); left > 0; left--) {
            values.put(in.text("name"), in.real("value"));
        }
        score = new TaskScore(main, values);
    }
}
