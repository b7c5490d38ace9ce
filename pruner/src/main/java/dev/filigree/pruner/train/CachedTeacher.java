package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A teacher's outputs for a fixed list of examples, computed once: worth it when the examples are seen more than once. Hidden states are
 * kept in half precision, {@code 2 · tokens · hidden · (layers + 1)} bytes in all; heads are computed from them when they are asked for, so
 * the model must stay open and as it was.
 */
public final class CachedTeacher implements Teacher {
    private final BertClassifier model;
    private final int labels;
    private final int hidden;
    private final float[][] logits;
    /** Of each example, {@code [layers + 1, tokens, hidden]} in binary16. */
    private final short[][] states;

    private CachedTeacher(BertClassifier model, int labels, int hidden, float[][] logits, short[][] states) {
        this.model = model;
        this.labels = labels;
        this.hidden = hidden;
        this.logits = logits;
        this.states = states;
    }

    /**
     * Runs the model over the examples.
     *
     * @param examples the very list that will be trained on: batches name their examples by place in it
     * @param batchSize examples computed together
     * @throws InterruptedException when the thread was interrupted before it has seen them all
     */
    public static CachedTeacher of(BertClassifier model, List<EncodedExample> examples, int batchSize) throws InterruptedException {
        int labels = model.head().labels();
        int hidden = model.shape().hidden();
        float[][] logits = new float[examples.size()][labels];
        short[][] states = new short[examples.size()][];
        for (Batch batch : Batch.sorted(examples, batchSize)) {
            if (Thread.interrupted()) {
                throw new InterruptedException("Asking the teacher was stopped.");
            }
            try (NDManager step = model.newStepManager()) {
                Forward forward = model.forward(step, batch);
                float[] values = forward.logits().toFloatArray();
                for (int row = 0; row < batch.rows(); row++) {
                    System.arraycopy(values, row * labels, logits[batch.indices()[row]], 0, labels);
                    states[batch.indices()[row]] = new short[forward.hiddenStates().size() * batch.lengths()[row] * hidden];
                }
                for (int layer = 0; layer < forward.hiddenStates().size(); layer++) {
                    float[] padded = forward.hiddenStates().get(layer).toFloatArray();
                    for (int row = 0; row < batch.rows(); row++) {
                        int size = batch.lengths()[row] * hidden;
                        short[] target = states[batch.indices()[row]];
                        for (int i = 0; i < size; i++) {
                            target[layer * size + i] = Float.floatToFloat16(padded[row * batch.width() * hidden + i]);
                        }
                    }
                }
            }
        }
        model.parameters().forEach(parameter -> parameter.setTrainable(false));
        return new CachedTeacher(model, labels, hidden, logits, states);
    }

    @Override
    public Forward outputs(NDManager step, Batch batch) {
        float[] scores = new float[batch.rows() * labels];
        for (int row = 0; row < batch.rows(); row++) {
            System.arraycopy(logits[batch.indices()[row]], 0, scores, row * labels, labels);
        }
        int layers = states[batch.indices()[0]].length / (batch.lengths()[0] * hidden);
        List<NDArray> padded = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            float[] values = new float[batch.rows() * batch.width() * hidden];
            for (int row = 0; row < batch.rows(); row++) {
                short[] source = states[batch.indices()[row]];
                int size = batch.lengths()[row] * hidden;
                for (int i = 0; i < size; i++) {
                    values[row * batch.width() * hidden + i] = Float.float16ToFloat(source[layer * size + i]);
                }
            }
            padded.add(step.create(values, new Shape(batch.rows(), batch.width(), hidden)));
        }
        return new Forward(step.create(scores, new Shape(batch.rows(), labels)), padded,
                () -> model.math().heads(layers - 2, padded.get(layers - 2)));
    }
}
