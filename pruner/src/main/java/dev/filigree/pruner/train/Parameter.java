package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * A named parameter: master weights and the leaf that PyTorch computes with, which holds {@code weights ⊙ mask}, rounded if that is asked
 * for. The gradient of the leaf, applied to the master, is the straight-through one. The master is an array in Java; where steps are
 * computed on a GPU there is a second one on the device, and each follows the other when it is asked for. Not thread-safe, except that
 * disjoint ranges may be {@linkplain #publish(int, int, float[]) published} at the same time. Its state is the master: masks are kept by
 * who chose them.
 */
public final class Parameter implements Checkpointed {
    private final String name;
    private final Shape shape;
    private final float[] weights;
    private final NDArray leaf;
    /** The leaf's own memory, where that is the CPU's. */
    private final Optional<FloatBuffer> hostLeaf;
    private final Optional<DeviceWeights> device;
    private Optional<float[]> mask = Optional.empty();
    private Optional<Rounding> rounding = Optional.empty();
    private boolean trainable;

    Parameter(NDManager manager, String name, Shape shape, float[] weights, Residence residence) {
        this.name = name;
        this.shape = shape;
        this.weights = weights.clone();
        // Memory of PyTorch's own: arrays made from a Java buffer would lose it to the garbage collector.
        this.leaf = manager.create(shape, DataType.FLOAT32);
        boolean onDevice = residence == Residence.DEVICE;
        this.device = onDevice ? Optional.of(new DeviceWeights(leaf)) : Optional.empty();
        this.hostLeaf = onDevice ? Optional.empty() : Optional.of(leaf.toByteBuffer(true).asFloatBuffer());
        publish();
    }

    /** Hugging Face name, for example {@code encoder.layer.0.output.dense.weight}. */
    public String name() {
        return name;
    }

    /** Whether it is a matrix: a linear's weight {@code [outputs, inputs]} or an embedding table, not a bias or part of a LayerNorm. */
    public boolean isMatrix() {
        return shape.dimension() == 2;
    }

    /** Rows of a matrix, 1 for a vector. */
    public int rows() {
        return isMatrix() ? (int) shape.get(0) : 1;
    }

    /** Columns of a matrix, length of a vector. */
    public int columns() {
        return (int) shape.get(shape.dimension() - 1);
    }

    /** Number of weights. */
    public int size() {
        return weights.length;
    }

    /** The master weights themselves, row-major {@code [rows, columns]}: whoever writes to them calls {@link #publish()} afterwards. */
    public float[] weights() {
        device.ifPresent(arrays -> arrays.download(weights));
        return weights;
    }

    /** The mask in force, {@code [rows, columns]} of 0 and 1: whoever writes to it calls {@link #publish()} afterwards. */
    public Optional<float[]> mask() {
        return mask;
    }

    /** Puts a mask of 0 and 1, {@code [rows, columns]}, in force (the array itself, not a copy) and publishes. */
    public void applyMask(float[] newMask) {
        if (newMask.length != weights.length) {
            throw new IllegalArgumentException(name + ": the mask has " + newMask.length + " entries, the weight " + weights.length + ".");
        }
        mask = Optional.of(newMask);
        publish();
    }

    /** Takes the mask out of force and publishes. */
    public void clearMask() {
        mask = Optional.empty();
        publish();
    }

    /** From now on the forward pass computes with rounded weights, and training goes straight through the rounding; publishes. */
    public void roundBy(Rounding newRounding) {
        rounding = Optional.of(newRounding);
        publish();
    }

    /** The forward pass computes with the weights as they are again; publishes. */
    public void clearRounding() {
        rounding = Optional.empty();
        publish();
    }

    /** Makes PyTorch see {@code weights ⊙ mask}, rounded where a rounding is in force. */
    public void publish() {
        float[] values = maskedWeights();
        rounding.ifPresent(how -> how.round(values, rows(), columns()));
        hostLeaf.ifPresent(buffer -> buffer.put(0, values));
        device.ifPresent(arrays -> arrays.upload(weights, mask, values));
    }

    /** A copy of {@code weights ⊙ mask}, not rounded. */
    public float[] maskedWeights() {
        float[] values = weights().clone();
        if (mask.isPresent()) {
            multiply(values, mask.get());
        }
        return values;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.floats(name, weights());
    }

    @Override
    public void restore(StateReader in) throws IOException {
        in.floats(name, weights());
        publish();
    }

    /** Whether training changes it. */
    public boolean trainable() {
        return trainable;
    }

    /** Writes a range of a leaf on the CPU; {@link #publishWritten()} must follow when all ranges are written. */
    void publish(int from, int length, float[] values) {
        hostLeaf.orElseThrow().put(from, values, 0, length);
    }

    /** After all ranges of the leaf are written, or the device's master: a rounding looks at whole rows, so that it comes last. */
    void publishWritten() {
        if (rounding.isPresent()) {
            publish();
        }
    }

    /** The arrays on the device, if steps are computed there. */
    Optional<DeviceWeights> device() {
        return device;
    }

    void setTrainable(boolean value) {
        if (value != trainable) {
            leaf.setRequiresGradient(value);
            trainable = value;
        }
    }

    /** What the forward pass reads. */
    NDArray leaf() {
        return leaf;
    }

    /** The gradient of the last backward pass; the caller closes it. */
    NDArray gradient() {
        return leaf.getGradient();
    }

    /** Forgets the gradient by overwriting it, so that even a NaN does not survive. */
    void zeroGradient() {
        JniUtils.zeroGrad((PtNDArray) leaf);
    }

    private static void multiply(float[] values, float[] factors) {
        for (int i = 0; i < values.length; i++) {
            // Adding zero turns a dropped -0 into 0.
            values[i] = values[i] * factors[i] + 0f;
        }
    }
}
