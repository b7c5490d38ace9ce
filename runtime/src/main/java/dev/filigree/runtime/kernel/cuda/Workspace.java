package dev.filigree.runtime.kernel.cuda;

import dev.filigree.runtime.kernel.TokenBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A stream with its buffers and graphs: what one call needs of the device. Each bucket's forward pass, from the copy of the inputs to the
 * logits in pinned memory, is recorded once as a graph and then replayed. Used by one call at a time.
 */
final class Workspace {
    private static final VarHandle RESULT = ValueLayout.JAVA_INT.varHandle();
    /** What a logit is before the device has written it: a NaN that no instruction of a GPU makes, which are all 0x7fffffff. */
    private static final int PENDING = 0xFFF1_1164;
    /** Looks at the result between two questions to the driver. */
    private static final int LOOKS = 1024;
    /** A call that takes longer than this sleeps between its looks, for so long. */
    private static final long SPIN_NANOS = 2_000_000;
    private static final long SLEEP_NANOS = 50_000;

    private final Context context;
    private final Driver driver;
    private final Kernels kernels;
    private final DeviceModel model;
    private final Limits limits;
    private final long stream;
    private final Resources ofBuffers = new Resources();
    private final Map<Bucket, Long> graphs = new LinkedHashMap<>(16, 0.75f, true);
    private Buffers buffers;

    /**
     * Takes a stream and memory; the context is current.
     *
     * @param resources free them
     */
    Workspace(Context context, Kernels kernels, DeviceModel model, Limits limits, Resources resources) {
        this.context = context;
        this.driver = context.driver();
        this.kernels = kernels;
        this.model = model;
        this.limits = limits;
        this.stream = driver.createStream();
        resources.add(() -> driver.destroyStream(stream));
        resources.add(ofBuffers::close);
        buffers = Buffers.allocate(driver, model, limits.tokens(), limits.sequences(), ofBuffers);
        resources.add(this::dropGraphs);
        resources.add(() -> driver.synchronize(stream));
    }

    /** Sends sequences {@code first} to {@code end} on their way. {@link #finish} comes next. */
    Bucket begin(TokenBatch batch, int first, int end) {
        return settled(() -> start(batch, first, end));
    }

    /** Waits for what was begun and writes its logits to those of sequences {@code first} to {@code end}, {@code [sequences, labels]}. */
    void finish(Bucket bucket, int first, int end, float[] logits) {
        int labels = model.head().labels();
        settled(() -> {
            await(bucket.sequences() * labels);
            MemorySegment.copy(buffers.result(), ValueLayout.JAVA_FLOAT, 0, logits, first * labels, (end - first) * labels);
            return logits;
        });
    }

    /** Runs sequences and gives the last layer's activations as the kernels leave them. */
    HiddenStates states(TokenBatch batch, int first, int end) {
        return settled(() -> {
            Bucket bucket = start(batch, first, end);
            return context.in(() -> copyOfStates(bucket.stride()));
        });
    }

    private HiddenStates copyOfStates(int stride) {
        int hidden = model.shape().hidden();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment activations = arena.allocate(2L * stride * hidden, 8);
            MemorySegment statistics = arena.allocate(DeviceLayout.statisticsBytes(hidden, stride), 8);
            driver.copyToHost(activations, buffers.states(), stream);
            driver.copyToHost(statistics, buffers.statistics(), stream);
            driver.synchronize(stream);
            return new HiddenStates(
                    hidden, stride, activations.toArray(ValueLayout.JAVA_SHORT), statistics.toArray(ValueLayout.JAVA_FLOAT));
        }
    }

    /** Does a call's work. After a failure the device may still be at it: the next call finds it done. */
    private <T> T settled(Supplier<T> work) {
        try {
            return work.get();
        } catch (Throwable e) {
            try {
                context.run(() -> driver.synchronize(stream));
            } catch (CudaException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    private Bucket start(TokenBatch batch, int first, int end) {
        int longest = 0;
        for (int sequence = first; sequence < end; sequence++) {
            longest = Math.max(longest, batch.length(sequence));
        }
        Bucket bucket = Bucket.of(batch.offsets()[end] - batch.offsets()[first], end - first, longest);
        context.run(() -> {
            makeRoom(bucket);
            Inputs.write(batch, first, end, bucket, buffers.stagedInputs());
            markPending(bucket.sequences() * model.head().labels());
            driver.launchGraph(graph(bucket), stream);
        });
        return bucket;
    }

    private void markPending(int count) {
        for (int i = 0; i < count; i++) {
            buffers.result().setAtIndex(ValueLayout.JAVA_INT, i, PENDING);
        }
    }

    /**
     * Waits until the device has written so many logits: all of the bucket, so that none comes when the next call has begun. Looking at
     * the memory that it writes is faster than asking the driver, and, unlike the driver's own waiting, holds up no safepoint.
     */
    private void await(int count) {
        long start = System.nanoTime();
        int looks = 0;
        for (int i = count - 1; i >= 0; i--) {
            while ((int) RESULT.getOpaque(buffers.result(), 4L * i) == PENDING) {
                Thread.onSpinWait();
                if (++looks % LOOKS == 0) {
                    if (isIdle()) {
                        return;
                    }
                    if (System.nanoTime() - start > SPIN_NANOS) {
                        LockSupport.parkNanos(SLEEP_NANOS);
                        looks = LOOKS - 1;
                    }
                }
            }
        }
        VarHandle.acquireFence();
    }

    /** Whether the stream has nothing to do; throws where its work failed. */
    private boolean isIdle() {
        return context.in(() -> driver.isIdle(stream));
    }

    private long graph(Bucket bucket) {
        Long known = graphs.get(bucket);
        if (known != null) {
            return known;
        }
        if (graphs.size() == limits.graphs()) {
            // It may be the last call's, whose logits were there, but whose last kernel may still be ending.
            driver.synchronize(stream);
            Map.Entry<Bucket, Long> eldest = graphs.entrySet().iterator().next();
            graphs.remove(eldest.getKey());
            driver.destroyExecutable(eldest.getValue());
        }
        long recorded = record(bucket);
        graphs.put(bucket, recorded);
        return recorded;
    }

    private long record(Bucket bucket) {
        long graph = capture(bucket);
        long executable;
        try {
            executable = driver.instantiate(graph);
        } catch (CudaException e) {
            destroyAfter(e, graph);
            throw e;
        }
        try {
            driver.destroyGraph(graph);
        } catch (CudaException e) {
            driver.destroyExecutable(executable);
            throw e;
        }
        return executable;
    }

    private long capture(Bucket bucket) {
        List<Launch> launches = ForwardPass.launches(model, bucket, buffers);
        driver.beginCapture(stream);
        try {
            driver.copyToDevice(buffers.inputs(), buffers.stagedInputs(), Inputs.bytes(bucket), stream);
            for (int i = 0; i < launches.size(); i++) {
                // The first waits for the copy, which unlike a kernel lets nobody start early.
                kernels.launch(stream, launches.get(i), i > 0);
            }
            return driver.endCapture(stream);
        } catch (RuntimeException e) {
            abandonCapture(e);
            throw e;
        }
    }

    /** Brings the stream out of a capture that failed on the way, so that it is usable again. */
    private void abandonCapture(RuntimeException failure) {
        try {
            destroyAfter(failure, driver.endCapture(stream));
        } catch (CudaException e) {
            failure.addSuppressed(e);
        }
    }

    private void destroyAfter(RuntimeException failure, long graph) {
        try {
            driver.destroyGraph(graph);
        } catch (CudaException e) {
            failure.addSuppressed(e);
        }
    }

    private void makeRoom(Bucket bucket) {
        if (bucket.tokens() <= buffers.tokens() && bucket.sequences() <= buffers.sequences()) {
            return;
        }
        // The last call's logits were there, but its last kernel may still be ending.
        driver.synchronize(stream);
        int tokens = Math.max(limits.tokens(), Math.max(buffers.tokens(), powerOfTwo(bucket.tokens())));
        int sequences = Math.max(limits.sequences(), Math.max(buffers.sequences(), powerOfTwo(bucket.sequences())));
        buffers = Buffers.NONE;
        dropGraphs();
        ofBuffers.close();
        try {
            buffers = Buffers.allocate(driver, model, tokens, sequences, ofBuffers);
        } catch (CudaException e) {
            ofBuffers.closeAfter(e);
            throw e;
        }
    }

    private static int powerOfTwo(int least) {
        return Integer.highestOneBit(2 * least - 1);
    }

    private void dropGraphs() {
        try (Resources destroyed = new Resources()) {
            graphs.values().forEach(graph -> destroyed.add(() -> driver.destroyExecutable(graph)));
            graphs.clear();
        }
    }
}
