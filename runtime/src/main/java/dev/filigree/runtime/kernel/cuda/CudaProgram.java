package dev.filigree.runtime.kernel.cuda;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.LayerNorm;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** A model on a GPU. Thread-safe; {@link #close} waits for the calls in flight, and calls after it are refused. */
final class CudaProgram implements EncoderProgram {
    private final Context context;
    private final Resources resources;
    private final EncoderShape shape;
    private final LayerNorm lastNorm;
    private final boolean foldsNorms;
    private final int labels;
    private final Limits limits;
    private final Semaphore free;
    /** The last one used is the first taken: it knows the graphs of what just came. */
    private final ConcurrentLinkedDeque<Workspace> idle = new ConcurrentLinkedDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private CudaProgram(
            Context context, Model model, DeviceModel onDevice, Limits limits, List<Workspace> workspaces, Resources resources) {
        this.context = context;
        this.resources = resources;
        this.shape = model.shape();
        this.lastNorm = model.layers().getLast().outputNorm();
        this.foldsNorms = onDevice.foldsNorms();
        this.labels = onDevice.head().labels();
        this.limits = limits;
        this.free = new Semaphore(limits.streams());
        idle.addAll(workspaces);
    }

    /**
     * Loads a model.
     *
     * @param image the kernels
     * @param int8 whether layers that are stored in int8 run in it
     * @throws CudaException when the driver fails, as it does when memory runs out; then nothing stays taken
     * @throws ProviderRefusedException when too little memory is free, or a weight is too large for fp16
     */
    static CudaProgram load(Device device, byte[] image, Model model, boolean int8, Limits limits) {
        Context context = new Context(device);
        Resources resources = new Resources();
        try {
            return context.in(() -> {
                requireMemory(device, model, int8, limits);
                Kernels kernels = new Kernels(device, image, int8, resources);
                DeviceModel onDevice = ModelLoader.load(context, kernels, model, int8, resources);
                List<Workspace> workspaces = new ArrayList<>();
                for (int i = 0; i < limits.streams(); i++) {
                    workspaces.add(new Workspace(context, kernels, onDevice, limits, resources));
                }
                return new CudaProgram(context, model, onDevice, limits, workspaces, resources);
            });
        } catch (Throwable e) {
            Resources all = new Resources();
            all.add(context::close);
            all.add(() -> context.run(resources::close));
            all.closeAfter(e);
            throw e;
        }
    }

    /** About the device memory that a loaded model takes, in bytes. */
    static long bytes(Model model, boolean int8, Limits limits) {
        EncoderShape shape = model.shape();
        return ModelLoader.bytes(model, int8)
                + limits.streams() * Buffers.bytes(shape.hidden(), shape.intermediate(), limits.tokens(), int8);
    }

    private static void requireMemory(Device device, Model model, boolean int8, Limits limits) {
        long needed = bytes(model, int8, limits);
        long left = device.driver().freeMemory();
        if (left < needed) {
            throw new ProviderRefusedException("This model takes about " + mebibytes(needed) + " MiB of memory and " + device + " has "
                    + mebibytes(left) + " MiB free: free some, take another GPU (provider cuda:1), or another provider.");
        }
    }

    /** Rounded up. */
    static long mebibytes(long bytes) {
        return Math.ceilDiv(bytes, 1L << 20);
    }

    /** What is done with sequences {@code first} to {@code end}. */
    private interface Part {
        void run(Workspace workspace, int first, int end);
    }

    @Override
    public float[] logits(TokenBatch batch) {
        float[] logits = new float[Math.multiplyExact(batch.sequences(), labels)];
        forward(batch, (workspace, first, end) -> workspace.finish(workspace.begin(batch, first, end), first, end, logits));
        return logits;
    }

    @Override
    public Pending begin(TokenBatch batch) {
        if (batch.sequences() == 0 || batch.tokens() > limits.passTokens()) {
            return EncoderProgram.super.begin(batch);
        }
        batch.requireFits(shape);
        Workspace workspace = take();
        try {
            return new Running(workspace, workspace.begin(batch, 0, batch.sequences()), batch.sequences());
        } catch (Throwable e) {
            giveBack(workspace);
            throw e;
        }
    }

    /** A batch on the device, in one pass. */
    private final class Running implements Pending {
        private final Workspace workspace;
        private final Bucket bucket;
        private final int sequences;
        private boolean finished;

        Running(Workspace workspace, Bucket bucket, int sequences) {
            this.workspace = workspace;
            this.bucket = bucket;
            this.sequences = sequences;
        }

        @Override
        public float[] outputs() {
            if (finished) {
                throw new IllegalStateException("These logits were asked for already.");
            }
            finished = true;
            try {
                float[] logits = new float[Math.multiplyExact(sequences, labels)];
                workspace.finish(bucket, 0, sequences, logits);
                return logits;
            } finally {
                giveBack(workspace);
            }
        }

        @Override
        public void close() {
            if (!finished) {
                outputs();
            }
        }
    }

    @Override
    public float[] hiddenStates(TokenBatch batch) {
        int hidden = shape.hidden();
        float[] states = new float[Math.multiplyExact(batch.tokens(), hidden)];
        forward(batch, (workspace, first, end) -> {
            int from = batch.offsets()[first];
            int tokens = batch.offsets()[end] - from;
            HiddenStates device = workspace.states(batch, first, end);
            if (foldsNorms) {
                device.folded(tokens, lastNorm, shape.layerNormEpsilon(), states, from * hidden);
            } else {
                device.normalised(tokens, states, from * hidden);
            }
        });
        return states;
    }

    private void forward(TokenBatch batch, Part part) {
        batch.requireFits(shape);
        Workspace workspace = take();
        try {
            for (int first = 0; first < batch.sequences(); ) {
                int end = batch.endOfRun(first, limits.passTokens());
                part.run(workspace, first, end);
                first = end;
            }
        } finally {
            giveBack(workspace);
        }
    }

    private Workspace take() {
        free.acquireUninterruptibly();
        if (closed.get()) {
            free.release();
            throw new IllegalStateException("This program is closed.");
        }
        return idle.pop();
    }

    private void giveBack(Workspace workspace) {
        idle.push(workspace);
        free.release();
    }

    /** Enough tiles for every multiprocessor. */
    @Override
    public int efficientTokens() {
        return 2048;
    }

    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        free.acquireUninterruptibly(limits.streams());
        try (Resources all = new Resources()) {
            all.add(context::close);
            all.add(() -> context.run(resources::close));
        } finally {
            // Who still waits is told that it is closed.
            free.release(limits.streams());
        }
    }
}
