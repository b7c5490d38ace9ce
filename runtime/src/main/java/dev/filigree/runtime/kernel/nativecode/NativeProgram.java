package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.panel.Barrier;
import dev.filigree.runtime.kernel.panel.EmbeddingSums;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Share;
import dev.filigree.runtime.kernel.panel.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/**
 * A model laid out for the native kernels. Weights are copied, embeddings are read from the model's memory, which must stay open.
 * Thread-safe; calls that come while the threads are busy with another run on the caller's thread alone.
 */
final class NativeProgram implements EncoderProgram {
    /** Tokens that go through the layers together: enough to share the reading of the weights, few enough to stay in the caches. */
    private static final int PASS_TOKENS = 512;

    /** How much longer than the mean the longest worker's part may be when workers take whole sequences each. */
    private static final double WORST_BALANCE = 1.15;

    private final EncoderShape shape;
    private final Arena weights = Arena.ofShared();
    private final EmbeddingSums embeddings;
    private final NativeNorm embeddingNorm;
    private final List<NativeLayer> layers;
    private final NativeHead head;
    private final int pairs;
    private final int threads;
    private final Team team;
    private final ConcurrentLinkedQueue<Workspace> workspaces = new ConcurrentLinkedQueue<>();

    NativeProgram(Model model, int threads, NativeKernels kernels) {
        try {
            shape = model.shape();
            embeddings = new EmbeddingSums(model.embeddings());
            embeddingNorm = NativeNorm.of(model.embeddings().norm(), shape.layerNormEpsilon(), kernels, weights);
            layers = model.layers().stream().map(layer -> new NativeLayer(layer, shape, kernels, weights)).toList();
            head = new NativeHead(model.head(), shape, kernels, weights);
            pairs = Math.max(head.pairs(), layers.stream().mapToInt(NativeLayer::pairs).max().orElse(0));
            this.threads = threads;
            team = new Team(threads);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** What is done with the hidden states of the sequences from {@code firstSequence} on. */
    private interface Finish {
        void accept(Workspace space, TokenBatch part, int firstSequence);
    }

    @Override
    public float[] logits(TokenBatch batch) {
        float[] logits = new float[batch.sequences() * head.labels()];
        forward(batch, (space, part, first) ->
                head.apply(space.states.values(), part.offsets(), space.pairs(0), logits, first * head.labels()));
        return logits;
    }

    @Override
    public float[] hiddenStates(TokenBatch batch) {
        int hidden = shape.hidden();
        float[] states = new float[Math.multiplyExact(batch.tokens(), hidden)];
        forward(batch, (space, part, first) -> {
            int target = batch.offsets()[first] * hidden;
            for (int token = 0; token < part.tokens(); token++) {
                for (int i = 0; i < hidden; i++) {
                    states[target++] =
                            space.states.values().getAtIndex(ValueLayout.JAVA_FLOAT, Panels.offset(token, hidden) + i * Panels.WIDTH);
                }
            }
        });
        return states;
    }

    /** Takes the batch in parts of whole sequences, so that neither memory nor the caches' misses grow with it. */
    private void forward(TokenBatch batch, Finish finish) {
        batch.requireFits(shape);
        for (int first = 0; first < batch.sequences(); ) {
            int end = batch.endOfRun(first, PASS_TOKENS * threads);
            run(batch.slice(first, end), first, finish);
            first = end;
        }
    }

    private void run(TokenBatch part, int first, Finish finish) {
        int[] cuts = balancedCuts(part, threads);
        if (cuts.length > 0) {
            // Workers that take whole sequences never wait for each other.
            team.run((share, barrier) -> {
                for (int i = share.from(threads); i < share.to(threads); i++) {
                    TokenBatch own = part.slice(cuts[i], cuts[i + 1]);
                    int firstOwn = first + cuts[i];
                    with(own, space -> {
                        stages(own, space, Share.ALL, new Barrier(1));
                        finish.accept(space, own, firstOwn);
                    });
                }
            });
        } else {
            with(part, space -> {
                team.run((share, barrier) -> stages(part, space, share, barrier));
                finish.accept(space, part, first);
            });
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

    private void stages(TokenBatch part, Workspace space, Share share, Barrier barrier) {
        int panels = Panels.count(part.tokens());
        int from = share.from(panels);
        int to = share.to(panels);
        if (share.worker() == 0) {
            MemorySegment.copy(part.offsets(), 0, space.offsets, ValueLayout.JAVA_INT, 0, part.offsets().length);
        }
        embed(part, space.states.values(), from, to);
        embeddingNorm.apply(space.states, from, to);
        for (NativeLayer layer : layers) {
            layer.apply(space, part.tokens(), part.sequences(), share, barrier);
        }
        barrier.await();
    }

    /** Lanes beyond the last token are zero. */
    private void embed(TokenBatch part, MemorySegment states, int from, int to) {
        int hidden = shape.hidden();
        long panelBytes = (long) hidden * Panels.WIDTH * Float.BYTES;
        states.asSlice(from * panelBytes, (to - from) * panelBytes).fill((byte) 0);
        embeddings.forEach(part, from * Panels.WIDTH, Math.min(part.tokens(), to * Panels.WIDTH), (token, sum) -> {
            long at = Panels.offset(token, hidden);
            for (int i = 0; i < sum.length; i++) {
                states.setAtIndex(ValueLayout.JAVA_FLOAT, at + (long) i * Panels.WIDTH, sum[i]);
            }
        });
    }

    /** Lends a workspace that has room for a batch. */
    private void with(TokenBatch part, Consumer<Workspace> work) {
        int panels = Panels.count(part.tokens());
        Workspace space = workspaces.poll();
        if (space != null && space.panels() < panels) {
            space.close();
            space = null;
        }
        if (space == null) {
            // Rounded up to a power of two, so that growing sequences do not each bring a new workspace.
            space = new Workspace(Integer.highestOneBit(2 * panels - 1), threads, shape, pairs);
        }
        try {
            work.accept(space);
        } finally {
            workspaces.add(space);
        }
    }

    @Override
    public void close() {
        team.close();
        workspaces.forEach(Workspace::close);
        weights.close();
    }
}
