package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Pooling;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A BERT encoder with a classification or regression head, ready to train. Holds native memory until closed. Not thread-safe: training and
 * inference happen on one thread at a time. Its state is every master weight.
 */
public final class BertClassifier implements Checkpointed, AutoCloseable {
    private final TorchEngine engine;
    private final EncoderShape shape;
    private final HeadSpec head;
    private final NDManager manager;
    private final Parameters parameters;
    private final EncoderMath math;
    private final EncoderMath trainingMath;
    private final Optional<Bf16Linear> bf16;

    /**
     * Builds the model.
     *
     * @param weights by Hugging Face name (see {@code BaseModel}), copied; {@code classifier.*} and, where the head has a pooler,
     *     {@code pooler.dense.*} are made anew if they are missing
     * @param seed for new head weights
     * @throws IllegalArgumentException if an encoder weight is missing or of the wrong size
     */
    public BertClassifier(TorchEngine engine, EncoderShape shape, HeadSpec head, Map<String, float[]> weights, long seed) {
        this.engine = engine;
        this.shape = shape;
        this.head = head;
        this.manager = engine.newManager();
        try {
            this.parameters = new Parameters(manager, engine.residence(), shape, head, head.scale().learned(weights), seed);
            this.bf16 = engine.precision() == Precision.BF16 ? Optional.of(new Bf16Linear()) : Optional.empty();
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
        this.math = new EncoderMath(shape, parameters, LinearProduct.FP32);
        this.trainingMath = bf16.map(product -> new EncoderMath(shape, parameters, product)).orElse(math);
    }

    /** Where it runs. */
    public TorchEngine engine() {
        return engine;
    }

    /** Dimensions of the encoder. */
    public EncoderShape shape() {
        return shape;
    }

    /** Kind of head. */
    public HeadSpec head() {
        return head;
    }

    /** Every parameter in the order of the forward pass. */
    public Collection<Parameter> parameters() {
        return parameters.all();
    }

    /** The parameter of a Hugging Face name. */
    public Parameter parameter(String name) {
        return parameters.get(name);
    }

    /** The prunable linears: layer by layer, in the order of {@link LinearRole}. */
    public List<PrunableLinear> linears() {
        return List.copyOf(parameters.linears());
    }

    /** One prunable linear. */
    public PrunableLinear linear(int layer, LinearRole role) {
        return parameters.linears().get(layer * LinearRole.values().length + role.ordinal());
    }

    /** A manager for the arrays of one step; the caller closes it. */
    public NDManager newStepManager() {
        return manager.newSubManager();
    }

    /** The forward pass of a step of training, in the engine's precision; its arrays belong to the given manager. */
    public Forward forward(NDManager step, Batch batch) {
        return forward(step, batch, Optional.empty());
    }

    /**
     * The forward pass with a factor on the pooled vector, which is how the trainer drops features out.
     *
     * @param featureFactors {@code [rows, hidden]}
     */
    Forward forward(NDManager step, Batch batch, Optional<NDArray> featureFactors) {
        BatchArrays arrays = BatchArrays.of(step, batch, shape);
        List<NDArray> hidden = new ArrayList<>(shape.layers() + 1);
        hidden.add(trainingMath.embed(arrays));
        for (int layer = 0; layer < shape.layers() - 1; layer++) {
            hidden.add(trainingMath.layer(layer, hidden.getLast(), arrays));
        }
        Forward.Heads heads = trainingMath.heads(shape.layers() - 1, hidden.getLast());
        hidden.add(trainingMath.layer(shape.layers() - 1, hidden.getLast(), heads, arrays));
        return new Forward(logits(step, batch, hidden.getLast(), featureFactors), hidden, () -> heads);
    }

    private NDArray logits(NDManager step, Batch batch, NDArray states, Optional<NDArray> featureFactors) {
        NDArray pooled = BatchArrays.poolingWeights(step, batch, head.pooling())
                .matMul(states)
                .reshape(new Shape(batch.rows(), shape.hidden()));
        if (head.pooling() == Pooling.POOLER) {
            pooled = math.headLinear(Parameters.POOLER, pooled).tanh();
        }
        if (featureFactors.isPresent()) {
            pooled = pooled.mul(featureFactors.get());
        }
        return math.headLinear(Parameters.CLASSIFIER, pooled);
    }

    /** Logits {@code [rows, labels]} alone. What a layer computes is freed before the next one: a deep encoder would fill the memory. */
    private float[] logits(Batch batch) {
        try (NDManager step = newStepManager()) {
            BatchArrays arrays = BatchArrays.of(step, batch, shape);
            NDArray states = math.embed(arrays);
            for (int layer = 0; layer < shape.layers(); layer++) {
                try (NDManager scratch = step.newSubManager()) {
                    // Results belong to the manager of what they are computed from.
                    states.attach(scratch);
                    states = math.layer(layer, states, arrays);
                    states.attach(step);
                }
            }
            return head.scale().scores(logits(step, batch, states, Optional.empty()).toFloatArray());
        }
    }

    /** In fp32. */
    EncoderMath math() {
        return math;
    }

    /** Arrays of PyTorch that this model holds, those of open steps included. */
    int openArrays() {
        return manager.getManagedArrays().size();
    }

    /** Logits of a few examples computed together, in the order given: row-major {@code [examples, labels]}. */
    public float[] logits(List<EncodedExample> examples) {
        return logits(Batch.of(examples, IntStream.range(0, examples.size()).boxed().toList()));
    }

    /**
     * Logits of every example, in the order given: {@code [examples][labels]}.
     *
     * @param batchSize examples computed together
     * @throws InterruptedException when the thread was interrupted before all of them were computed
     */
    public float[][] evaluate(List<EncodedExample> examples, int batchSize) throws InterruptedException {
        float[][] logits = new float[examples.size()][head.labels()];
        for (Batch batch : Batch.sorted(examples, batchSize)) {
            if (Thread.interrupted()) {
                throw new InterruptedException("Evaluation was stopped.");
            }
            float[] values = logits(batch);
            for (int row = 0; row < batch.rows(); row++) {
                System.arraycopy(values, row * head.labels(), logits[batch.indices()[row]], 0, head.labels());
            }
        }
        return logits;
    }

    /** Copies of all weights, masks applied, by Hugging Face name; linear weights row-major {@code [out, in]}. */
    public Map<String, float[]> export() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        for (Parameter parameter : parameters.all()) {
            weights.put(parameter.name(), parameter.maskedWeights());
        }
        return head.scale().scores(weights);
    }

    /** A model of its own with the same weights, masks applied: a teacher, or the dense twin of what will be pruned. */
    public BertClassifier copy() {
        return new BertClassifier(engine, shape, head, export(), 0);
    }

    @Override
    public void save(StateWriter out) throws IOException {
        for (Parameter parameter : parameters.all()) {
            parameter.save(out);
        }
    }

    @Override
    public void restore(StateReader in) throws IOException {
        for (Parameter parameter : parameters.all()) {
            parameter.restore(in);
        }
    }

    @Override
    public void close() {
        manager.close();
        bf16.ifPresent(Bf16Linear::close);
    }
}
