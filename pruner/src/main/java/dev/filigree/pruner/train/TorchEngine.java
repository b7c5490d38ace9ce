package dev.filigree.pruner.train;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.filigree.pruner.pattern.Parallel;

/**
 * PyTorch, reached through DJL: one per process, since PyTorch's thread counts are global. Training runs on the first GPU that DJL
 * finds, otherwise on the CPU. Starting takes about 4 s the first time on a machine (the native library is unpacked), 0.5 s after.
 */
public final class TorchEngine {
    private final Engine engine;
    private final Residence residence;
    private final Precision precision;

    private TorchEngine(Engine engine, Residence residence, Precision precision) {
        this.engine = engine;
        this.residence = residence;
        this.precision = precision;
    }

    /**
     * Loads PyTorch, to train in fp32, and sets the number of threads of this process, for PyTorch and for {@link Parallel}.
     *
     * @param threads threads for one operation, at least 1
     */
    public static TorchEngine start(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("Training needs at least 1 thread, not " + threads + ".");
        }
        // DJL reads these once, at its first use: no download, no telemetry, no second pool of idle threads.
        System.getProperties().putIfAbsent("ai.djl.offline", "true");
        System.getProperties().putIfAbsent("OPT_OUT_TRACKING", "true");
        System.getProperties().putIfAbsent("ai.djl.pytorch.num_interop_threads", "1");
        System.getProperties().putIfAbsent("ai.djl.pytorch.graph_optimizer", "false");
        Engine engine = Engine.getEngine("PyTorch");
        JniUtils.setNumThreads(threads);
        Parallel.setThreads(threads);
        return new TorchEngine(engine, engine.defaultDevice().isGpu() ? Residence.DEVICE : Residence.HOST, Precision.FP32);
    }

    /** The same engine, whose models train in another precision. */
    public TorchEngine with(Precision other) {
        return new TorchEngine(engine, residence, other);
    }

    /** Where arrays live. */
    public Device device() {
        return engine.defaultDevice();
    }

    /** Version of PyTorch, for provenance. */
    public String version() {
        return engine.getVersion();
    }

    /** A new root of array memory on {@link #device()}; the caller closes it. */
    public NDManager newManager() {
        return engine.newBaseManager(device());
    }

    Engine engine() {
        return engine;
    }

    /** In what steps of training multiply. */
    Precision precision() {
        return precision;
    }

    /** Where weights live while they are trained. */
    Residence residence() {
        return residence;
    }

    /** The same engine, with weights that live elsewhere: what is done on a GPU can be done on a CPU, only slower. */
    TorchEngine with(Residence other) {
        return new TorchEngine(engine, other, precision);
    }
}
