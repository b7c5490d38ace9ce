package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.nativecode.StageListener.Stage;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.Crew;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.panel.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A model laid out for the native kernels. Weights are copied, embeddings are read from the model's memory, which must stay open.
 * Thread-safe; calls that overlap share the threads as {@link Team} says.
 */
final class NativeProgram implements EncoderProgram {
    /**
     * The most tokens that go through the layers together for each thread, half of which share the reading of the weights as well. Of
     * the lengths between the two, what leaves the fewest lanes idle is best, and then the shortest, which stays in the nearest caches.
     */
    private static final int PASS_TOKENS = 256;

    /** How much longer than the mean the longest worker's part may be when workers take whole sequences each. */
    private static final double WORST_BALANCE = 1.15;

    private final EncoderShape shape;
    private final Arena weights = Arena.ofShared();
    private final NativeEmbedding embedding;
    private final NativeNorm embeddingNorm;
    private final List<NativeLayer> layers;
    private final NativeHead head;
    private final long attentionBytes;
    private final long scratchBytes;
    private final int threads;
    private final Team team;
    private final StageListener listener;
    private final ConcurrentLinkedQueue<Workspace> workspaces = new ConcurrentLinkedQueue<>();

    NativeProgram(Model model, Threads threads, NativeKernels kernels) {
        this(model, threads, kernels, StageListener.NONE);
    }

    /** With somebody who watches its stages, which needs a single thread. */
    NativeProgram(Model model, Threads threads, NativeKernels kernels, StageListener listener) {
        try {
            this.listener = listener;
            shape = model.shape();
            embedding = new NativeEmbedding(model.embeddings(), kernels, weights);
            embeddingNorm = NativeNorm.of(model.embeddings().norm(), shape.layerNormEpsilon(), kernels, weights);
            layers = new ArrayList<>();
            long layersScratch = 0;
            for (EncoderLayer layer : model.layers()) {
                NativeLayer laidOut = new NativeLayer(layer, shape, kernels, weights);
                layers.add(laidOut);
                layersScratch = Math.max(layersScratch, laidOut.scratchBytes());
            }
            head = new NativeHead(model.head(), shape, kernels, weights);
            attentionBytes = kernels.attentionScratchBytes(shape.maxPositions(), shape.hidden() / shape.heads());
            scratchBytes = Math.max(head.scratchBytes(), layersScratch);
            this.threads = threads.count();
            team = new Team(threads);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** What is done with the hidden states of a part, which are in {@link Workspace#states} or {@link Workspace#firsts}. */
    private interface Finish {
        void accept(Part part);
    }

    private record Logits(NativeHead head, float[] logits) implements Finish {
        @Override
        public void accept(Part part) {
            head.apply(part.space(), part.batch().sequences(), logits, part.first() * head.labels());
        }
    }

    @Override
    public float[] logits(TokenBatch batch) {
        float[] logits = new float[batch.sequences() * head.labels()];
        forward(batch, head.readsFirsts(), new Logits(head, logits));
        return logits;
    }

    @Override
    public float[] hiddenStates(TokenBatch batch) {
        int hidden = shape.hidden();
        float[] states = new float[Math.multiplyExact(batch.tokens(), hidden)];
        forward(batch, false, part -> Memory.copyRows(
                part.space().states.values(), hidden, part.batch().tokens(), states, batch.offsets()[part.first()] * hidden));
        return states;
    }

    @Override
    public float[] pooled(TokenBatch batch, boolean firstOnly) {
        int hidden = shape.hidden();
        float[] pooled = new float[Math.multiplyExact(batch.sequences(), hidden)];
        forward(batch, firstOnly, part -> {
            int sequences = part.batch().sequences();
            if (!firstOnly) {
                head.mean(part.space(), sequences);
            }
            Memory.copyRows(part.space().pooled.values(), hidden, sequences, pooled, part.first() * hidden);
        });
        return pooled;
    }

    /** Takes the batch in parts of whole sequences, so that neither memory nor the caches' misses grow with it. */
    private void forward(TokenBatch batch, boolean firstsOnly, Finish finish) {
        batch.requireFits(shape);
        if (!weights.scope().isAlive()) {
            throw new IllegalStateException("The program has been closed.");
        }
        try (Crew crew = team.enter()) {
            for (int first = 0; first < batch.sequences(); ) {
                int end = endOfPass(batch, first, PASS_TOKENS * threads);
                run(crew, batch.slice(first, end), first, firstsOnly, finish);
                first = end;
            }
        }
    }

    /** The end of a pass of at most so many tokens; one that ends earlier has half as many, and leaves half as many. */
    static int endOfPass(TokenBatch batch, int first, int most) {
        int best = batch.endOfRun(first, most);
        for (int end = best - 1; end > first && batch.offsets()[end] - batch.offsets()[first] >= most / 2; end--) {
            if (batch.tokens() - batch.offsets()[end] >= most / 2 && idleShare(batch, first, end) <= idleShare(batch, first, best)) {
                best = end;
            }
        }
        return best;
    }

    /** Idle lanes in the last panel of some sequences, of all lanes. */
    private static double idleShare(TokenBatch batch, int first, int end) {
        int tokens = batch.offsets()[end] - batch.offsets()[first];
        return 1 - tokens / (double) (Panels.count(tokens) * Panels.WIDTH);
    }

    /**
     * Sequences that go through the layers together.
     *
     * @param batch the sequences
     * @param first number of the first of them in the call
     * @param space their buffers
     */
    private record Part(TokenBatch batch, int first, Workspace space) {}

    /** What happens to all parts. Workers share a single part; of several they take whole ones and never wait for each other. */
    private abstract static class Step implements Team.Job {
        private final List<Part> parts;

        Step(List<Part> parts) {
            this.parts = parts;
        }

        /** A worker's share of a part. */
        abstract void apply(Part part, Share share, Barrier barrier);

        @Override
        public final void run(Share share, Barrier barrier) {
            if (parts.size() == 1) {
                apply(parts.getFirst(), share, barrier);
                return;
            }
            for (int i = share.from(parts.size()); i < share.to(parts.size()); i++) {
                apply(parts.get(i), Share.ALL, Barrier.NONE);
            }
        }
    }

    private final class EmbedStep extends Step {
        EmbedStep(List<Part> parts) {
            super(parts);
        }

        @Override
        void apply(Part part, Share share, Barrier barrier) {
            embed(part, share);
        }
    }

    private final class LayerStep extends Step {
        private final NativeLayer layer;
        private final boolean firstsOnly;

        LayerStep(List<Part> parts, NativeLayer layer, boolean firstsOnly) {
            super(parts);
            this.layer = layer;
            this.firstsOnly = firstsOnly;
        }

        @Override
        void apply(Part part, Share share, Barrier barrier) {
            layer.apply(part.space(), part.batch().tokens(), part.batch().sequences(), firstsOnly, share, barrier, listener);
        }
    }

    private final class FinishStep extends Step {
        private final Finish finish;

        FinishStep(List<Part> parts, Finish finish) {
            super(parts);
            this.finish = finish;
        }

        @Override
        void apply(Part part, Share share, Barrier barrier) {
            if (share.worker() == 0) {
                finish.accept(part);
                listener.done(Stage.HEAD);
            }
        }
    }

    private void run(Crew crew, TokenBatch batch, int first, boolean firstsOnly, Finish finish) {
        int[] cuts = balancedCuts(batch, threads);
        int[] ends = cuts.length > 0 ? cuts : new int[] {0, batch.sequences()};
        List<Part> parts = new ArrayList<>();
        try {
            for (int i = 0; i + 1 < ends.length; i++) {
                TokenBatch own = batch.slice(ends[i], ends[i + 1]);
                parts.add(new Part(own, first + ends[i], acquire(own)));
            }
            crew.run(new EmbedStep(parts));
            for (NativeLayer layer : layers) {
                crew.run(new LayerStep(parts, layer, firstsOnly && layer == layers.getLast()));
            }
            crew.run(new FinishStep(parts, finish));
        } finally {
            for (Part part : parts) {
                workspaces.add(part.space());
            }
        }
    }

    /** First sequence of each worker's part, and the end; empty when whole sequences cannot be shared out evenly. */
    static int[] balancedCuts(TokenBatch batch, int workers) {
        if (workers == 1 || batch.sequences() < workers) {
            return new int[0];
        }
        int[] cuts = new int[workers + 1];
        cuts[workers] = batch.sequences();
        int longest = 0;
        for (int worker = 0; worker < workers; worker++) {
            if (worker + 1 < workers) {
                int target = (int) ((long) batch.tokens() * (worker + 1) / workers);
                int end = cuts[worker] + 1;
                while (end < batch.sequences() - (workers - worker - 1) && nearer(batch.offsets(), end, target)) {
                    end++;
                }
                cuts[worker + 1] = end;
            }
            longest = Math.max(longest, batch.offsets()[cuts[worker + 1]] - batch.offsets()[cuts[worker]]);
        }
        return longest <= WORST_BALANCE * batch.tokens() / workers ? cuts : new int[0];
    }

    /** Whether the next sequence's end is nearer to the target than this one's. */
    private static boolean nearer(int[] offsets, int end, int target) {
        return Math.abs(offsets[end + 1] - target) < Math.abs(offsets[end] - target);
    }

    private void embed(Part part, Share share) {
        TokenBatch batch = part.batch();
        Workspace space = part.space();
        if (share.worker() == 0) {
            MemorySegment offsets = MemorySegment.ofArray(batch.offsets());
            MemorySegment.copy(offsets, 0, space.offsets, 0, offsets.byteSize());
        }
        int panels = Panels.count(batch.tokens());
        int from = share.from(panels);
        int to = share.to(panels);
        embedding.apply(batch, space.words, space.states.values(), from, to);
        listener.done(Stage.EMBED);
        embeddingNorm.apply(space.states, from, to);
        listener.done(Stage.NORM);
    }

    /** A workspace that has room for a batch. */
    private Workspace acquire(TokenBatch batch) {
        int panels = Panels.count(batch.tokens());
        Workspace space = workspaces.poll();
        if (space != null && space.panels() >= panels) {
            return space;
        }
        if (space != null) {
            space.close();
        }
        // Rounded up to a power of two, so that growing sequences do not each bring a new workspace.
        return new Workspace(
                Integer.highestOneBit(2 * panels - 1), threads, shape, head.labels(), embedding.tokenBytes(), attentionBytes, scratchBytes);
    }

    @Override
    public void close() {
        team.close();
        for (Workspace space : workspaces) {
            space.close();
        }
        weights.close();
    }
}
