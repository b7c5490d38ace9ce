package dev.filigree.pruner.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Optional;

/**
 * Master weights and mask of one parameter beside its leaf, as arrays of PyTorch. Whoever steps the master says so, and the weights in Java
 * are fetched when somebody next asks for them. The arrays belong to the leaf's manager. Not thread-safe.
 */
final class DeviceWeights {
    private final NDArray leaf;
    private final NDArray master;
    private Optional<NDArray> mask = Optional.empty();
    private boolean stepped;

    DeviceWeights(NDArray leaf) {
        this.leaf = leaf;
        this.master = leaf.getManager().create(leaf.getShape(), leaf.getDataType());
    }

    NDManager manager() {
        return leaf.getManager();
    }

    /** The weights that the optimiser moves, to be followed by {@link #publishStep()}. */
    NDArray master() {
        return master;
    }

    /** What the mask keeps, as 0 and 1. */
    Optional<NDArray> mask() {
        return mask;
    }

    /** Takes over weights, mask and what the leaf shall be. */
    void upload(float[] weights, Optional<float[]> newMask, float[] published) {
        fill(master, weights);
        if (newMask.isPresent()) {
            NDArray array = mask.orElseGet(() -> manager().create(leaf.getShape(), leaf.getDataType()));
            fill(array, newMask.get());
            mask = Optional.of(array);
        } else {
            mask.ifPresent(NDArray::close);
            mask = Optional.empty();
        }
        fill(leaf, published);
        stepped = false;
    }

    /** Brings the weights up to date, if the master has moved since. */
    void download(float[] weights) {
        if (stepped) {
            System.arraycopy(values(master), 0, weights, 0, weights.length);
            stepped = false;
        }
    }

    /** A copy of an array's values. Asked for them itself, an array on a GPU would leave a native copy for as long as it lives. */
    static float[] values(NDArray array) {
        try (NDArray copy = array.toDevice(Device.cpu(), true)) {
            return copy.toFloatArray();
        }
    }

    /** Makes the leaf {@code master ⊙ mask}, without a gradient, after the master has moved. */
    void publishStep() {
        stepped = true;
        // A leaf that requires a gradient may not be written in place: it becomes a new one.
        leaf.intern(mask.map(master::mul).orElseGet(master::duplicate));
        leaf.setRequiresGradient(true);
    }

    private static void fill(NDArray array, float[] values) {
        array.set(FloatBuffer.wrap(values));
    }
}
