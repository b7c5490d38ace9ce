package dev.filigree.pruner.train;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;

/**
 * The values of a float array of PyTorch, seen from Java. On the CPU it is the array's own memory, read and written without a copy;
 * on another device it is a copy, and {@link #flush()} carries what was written to it back. Valid as long as the array is open.
 */
final class FloatView {
    private final NDArray array;
    private final FloatBuffer buffer;
    private final boolean direct;

    private FloatView(NDArray array, FloatBuffer buffer, boolean direct) {
        this.array = array;
        this.buffer = buffer;
        this.direct = direct;
    }

    static FloatView of(NDArray array) {
        boolean direct = !array.getDevice().isGpu();
        FloatBuffer buffer = direct ? array.toByteBuffer(true).asFloatBuffer() : FloatBuffer.wrap(array.toFloatArray());
        return new FloatView(array, buffer, direct);
    }

    /** The values, row-major. */
    FloatBuffer buffer() {
        return buffer;
    }

    /** Makes what was written visible to PyTorch. */
    void flush() {
        if (!direct) {
            array.set(buffer.rewind());
        }
    }
}
