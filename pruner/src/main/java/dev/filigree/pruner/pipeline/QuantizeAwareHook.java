package dev.filigree.pruner.pipeline;

import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.train.AdamW;
import dev.filigree.pruner.train.BertClassifier;
import dev.filigree.pruner.train.Parameter;
import java.io.IOException;
import java.util.Map;

/**
 * Lets the last steps of a method see weights as the file will store them, so that the survivors settle where rounding does least harm.
 * When the method ends they are as they were, since packing rounds them itself.
 */
final class QuantizeAwareHook implements PatternHook {
    private final PatternHook method;
    private final BertClassifier student;
    private final StoredTypes types;
    private final int from;
    private boolean rounds;

    /**
     * Wraps a method's hook.
     *
     * @param from steps done when the trained weights begin to be rounded
     */
    QuantizeAwareHook(PatternHook method, BertClassifier student, StoredTypes types, int from) {
        this.method = method;
        this.student = student;
        this.types = types;
        this.from = from;
    }

    @Override
    public void start(AdamW optimizer) {
        method.start(optimizer);
        if (from == 0) {
            roundTrained();
        }
    }

    @Override
    public void afterStep(int step, AdamW optimizer) {
        method.afterStep(step, optimizer);
        if (step == from) {
            roundTrained();
        }
    }

    private void roundTrained() {
        rounds = true;
        student.parameters().stream().filter(Parameter::trainable).forEach(parameter -> parameter.roundBy(types.rounding(parameter)));
    }

    @Override
    public boolean settled() {
        return rounds && method.settled();
    }

    @Override
    public Map<String, Double> residuals() {
        return method.residuals();
    }

    @Override
    public void save(StateWriter out) throws IOException {
        method.save(out);
        out.number("rounds", rounds ? 1 : 0);
    }

    @Override
    public void restore(StateReader in, AdamW optimizer) throws IOException {
        method.restore(in, optimizer);
        if (in.number("rounds") == 1) {
            roundTrained();
        }
    }

    @Override
    public void finish() {
        method.finish();
        student.parameters().forEach(Parameter::clearRounding);
    }
}
