package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import dev.filigree.pruner.secondorder.LayerMoments;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Runs calibration texts through a dense model and its pruned twin side by side, one layer at a time, and sums up for each linear what
 * second-order pruning needs ({@link LayerMoments}). For every layer, the caller goes through the {@linkplain Stage stages} in order:
 * takes the {@link #moments}, rewrites the pruned model's weights, publishes them, and goes on; then {@link #advance()} moves both streams
 * to the next layer. Not thread-safe. Holds {@code 2 · tokens · hidden} floats, padding included.
 */
public final class LayerStreams implements AutoCloseable {
    private final BertClassifier dense;
    private final BertClassifier pruned;
    private final List<Batch> batches;
    private final NDManager manager;
    private final List<NDArray> denseStates = new ArrayList<>();
    private final List<NDArray> prunedStates = new ArrayList<>();
    private int layer;

    /** The linears of a layer that can be solved together, in the order in which they must be. */
    public enum Stage {
        /** The three that read the residual stream. */
        QUERY_KEY_VALUE(LinearRole.QUERY, LinearRole.KEY, LinearRole.VALUE),
        /** Reads the attended values. */
        ATTENTION_OUTPUT(LinearRole.ATTENTION_OUTPUT),
        /** Reads the normalised residual stream. */
        FFN_IN(LinearRole.FFN_IN),
        /** Reads the activations. */
        FFN_OUT(LinearRole.FFN_OUT);

        private final List<LinearRole> roles;

        Stage(LinearRole... roles) {
            this.roles = List.of(roles);
        }

        /** Its linears. */
        public List<LinearRole> roles() {
            return roles;
        }
    }

    /** What a stage reads, and the residual that is added to its outputs. */
    private record StageInput(NDArray inputs, NDArray residual) {}

    /**
     * Embeds the texts in both models.
     *
     * @param dense the model to imitate
     * @param pruned its twin, whose weights the caller rewrites
     * @param batches calibration texts, see {@link Batch#sorted}
     * @throws InterruptedException when the thread was interrupted; nothing is left open then
     */
    public LayerStreams(BertClassifier dense, BertClassifier pruned, List<Batch> batches) throws InterruptedException {
        if (batches.isEmpty()) {
            throw new IllegalArgumentException("Calibration needs at least one text.");
        }
        this.dense = dense;
        this.pruned = pruned;
        this.batches = List.copyOf(batches);
        this.manager = pruned.engine().newManager();
        try {
            forEachBatch((step, index) -> {
                denseStates.add(keep(dense.math().embed(BatchArrays.of(step, batches.get(index), dense.shape()))));
                prunedStates.add(keep(pruned.math().embed(BatchArrays.of(step, batches.get(index), pruned.shape()))));
            });
        } catch (InterruptedException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** The layer that {@link #moments} speaks of, from 0. */
    public int layer() {
        return layer;
    }

    /**
     * Sums over all calibration tokens for each linear of a stage. The inputs are those of the pruned model as it is now; the wanted
     * outputs are those of the dense model on its own stream, plus, for the two linears that write to the residual stream, what the pruned
     * stream lacks there. Products are summed in float32 within a batch and in float64 across batches;
     * linears of one stage share one gram array.
     *
     * @throws InterruptedException when the thread was interrupted before all texts were seen
     */
    public Map<LinearRole, LayerMoments> moments(Stage stage) throws InterruptedException {
        int inputs = stage.roles().getFirst().inputs(pruned.shape());
        try (NDManager sums = manager.newSubManager()) {
            NDArray gram = sums.zeros(new Shape(inputs + 1, inputs + 1), DataType.FLOAT64);
            List<NDArray> cross = stage.roles().stream()
                    .map(role -> sums.zeros(new Shape(role.outputs(pruned.shape()), inputs + 1), DataType.FLOAT64))
                    .toList();
            forEachBatch((step, index) -> {
                NDArray rows = tokenRows(step, batches.get(index));
                StageInput have = input(pruned, stage, step, index, prunedStates);
                StageInput want = input(dense, stage, step, index, denseStates);
                NDArray x = withOnes(step, pick(have.inputs(), rows));
                gram.addi(x.transpose().matMul(x).toType(DataType.FLOAT64, false));
                for (int i = 0; i < cross.size(); i++) {
                    NDArray output = dense.math().linear(layer, stage.roles().get(i), want.inputs());
                    if (stage == Stage.ATTENTION_OUTPUT || stage == Stage.FFN_OUT) {
                        output = output.add(want.residual()).sub(have.residual());
                    }
                    cross.get(i).addi(pick(output, rows).transpose().matMul(x).toType(DataType.FLOAT64, false));
                }
            });
            double[] shared = gram.toDoubleArray();
            Map<LinearRole, LayerMoments> moments = new EnumMap<>(LinearRole.class);
            for (int i = 0; i < cross.size(); i++) {
                LinearRole role = stage.roles().get(i);
                moments.put(role, new LayerMoments(inputs, role.outputs(pruned.shape()), shared, cross.get(i).toDoubleArray()));
            }
            return moments;
        }
    }

    /**
     * Shows what the linears of a stage read in the pruned model as it is now, batch by batch, for example to find the range that int8
     * activations must cover.
     *
     * @param consumer given {@code [tokens, inputs]}, padding left out, valid during the call
     * @throws InterruptedException when the thread was interrupted before all texts were seen
     */
    public void inputs(Stage stage, Consumer<NDArray> consumer) throws InterruptedException {
        forEachBatch((step, index) -> {
            NDArray rows = tokenRows(step, batches.get(index));
            consumer.accept(pick(input(pruned, stage, step, index, prunedStates).inputs(), rows));
        });
    }

    /**
     * Moves both streams through the current layer with the weights that are published now.
     *
     * @throws InterruptedException when the thread was interrupted: the streams are of no use then
     */
    public void advance() throws InterruptedException {
        if (layer + 1 >= pruned.shape().layers()) {
            throw new IllegalStateException("The last layer has no next one.");
        }
        forEachBatch((step, index) -> {
            advance(dense, denseStates, step, index);
            advance(pruned, prunedStates, step, index);
        });
        layer++;
    }

    @Override
    public void close() {
        manager.close();
    }

    int openArrays() {
        return manager.getManagedArrays().size();
    }

    private void advance(BertClassifier model, List<NDArray> states, NDManager step, int index) {
        try (NDArray before = states.get(index)) {
            BatchArrays arrays = BatchArrays.of(step, batches.get(index), model.shape());
            states.set(index, keep(model.math().layer(layer, local(before, step), arrays)));
        }
    }

    private StageInput input(BertClassifier model, Stage stage, NDManager step, int index, List<NDArray> states) {
        EncoderMath math = model.math();
        NDArray x = local(states.get(index), step);
        if (stage == Stage.QUERY_KEY_VALUE) {
            return new StageInput(x, x);
        }
        NDArray context = math.context(layer, x, BatchArrays.of(step, batches.get(index), model.shape()));
        if (stage == Stage.ATTENTION_OUTPUT) {
            return new StageInput(context, x);
        }
        NDArray attended = math.attentionResidual(layer, x, context);
        return stage == Stage.FFN_IN
                ? new StageInput(attended, attended)
                : new StageInput(math.ffnActivation(layer, attended), attended);
    }

    private interface BatchTask {
        void run(NDManager step, int index);
    }

    private void forEachBatch(BatchTask task) throws InterruptedException {
        for (int i = 0; i < batches.size(); i++) {
            if (Thread.interrupted()) {
                throw new InterruptedException("Calibration was stopped.");
            }
            try (NDManager step = manager.newSubManager()) {
                task.run(step, i);
            }
        }
    }

    /** Results attach to the manager of their first operand: a second handle in the step keeps them from piling up beside the states. */
    private static NDArray local(NDArray state, NDManager step) {
        NDArray handle = state.stopGradient();
        handle.attach(step);
        return handle;
    }

    private NDArray keep(NDArray state) {
        state.attach(manager);
        return state;
    }

    private static NDArray tokenRows(NDManager step, Batch batch) {
        long[] rows = new long[batch.tokens()];
        int next = 0;
        for (int row = 0; row < batch.rows(); row++) {
            for (int i = 0; i < batch.lengths()[row]; i++) {
                rows[next++] = (long) row * batch.width() + i;
            }
        }
        return step.create(rows);
    }

    /** Rows of {@code [rows, width, features]} that are tokens: {@code [tokens, features]}. */
    private static NDArray pick(NDArray x, NDArray rows) {
        NDArray flat = x.reshape(new Shape(-1, x.getShape().get(2)));
        return rows.getNDArrayInternal().embedding(rows, flat, SparseFormat.DENSE).singletonOrThrow();
    }

    private static NDArray withOnes(NDManager step, NDArray x) {
        return NDArrays.concat(new NDList(x, step.ones(new Shape(x.getShape().get(0), 1))), 1);
    }
}
