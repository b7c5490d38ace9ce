package dev.filigree.runtime.kernel.vector;

import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.Threads;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.panel.Crew;
import dev.filigree.runtime.kernel.panel.Panels;
import dev.filigree.runtime.kernel.panel.Team;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A model laid out for the vector kernels. Weights are copied, embeddings are read from the model's memory, which must stay open.
 * Thread-safe; calls that overlap share the threads as {@link Team} says.
 */
final class VectorProgram implements EncoderProgram {
    /** Tokens that go through the layers together: enough to share the reading of the weights, few enough to stay in the caches. */
    private static final int PASS_TOKENS = 512;

    private final EncoderShape shape;
    private final EmbeddingKernel embeddings;
    private final List<LayerKernel> layers;
    private final HeadKernel head;
    private final int threads;
    private final Team team;
    private final ConcurrentLinkedQueue<Workspace> workspaces = new ConcurrentLinkedQueue<>();

    VectorProgram(Model model, Threads threads) {
        this.shape = model.shape();
        this.embeddings = new EmbeddingKernel(model.embeddings(), shape);
        this.layers = model.layers().stream().map(layer -> new LayerKernel(layer, shape)).toList();
        this.head = new HeadKernel(model.head(), shape);
        this.threads = threads.count();
        this.team = new Team(threads);
    }

    /** What is done with the hidden states of the sequences from {@code firstSequence} on, all or the firsts. */
    private interface Finish {
        void accept(Workspace space, TokenBatch part, int firstSequence);
    }

    @Override
    public float[] logits(TokenBatch batch) {
        float[] logits = new float[batch.sequences() * head.labels()];
        forward(batch, head.readsFirsts(), (space, part, first) -> head.apply(space, part.offsets(), logits, first * head.labels()));
        return logits;
    }

    @Override
    public float[] hiddenStates(TokenBatch batch) {
        int hidden = shape.hidden();
        float[] states = new float[Math.multiplyExact(batch.tokens(), hidden)];
        forward(batch, false, (space, part, first) -> {
            int target = batch.offsets()[first] * hidden;
            for (int token = 0; token < part.tokens(); token++) {
                int source = Panels.offset(token, hidden);
                for (int i = 0; i < hidden; i++) {
                    states[target++] = space.states[source + i * Panels.WIDTH];
                }
            }
        });
        return states;
    }

    /** Takes the batch in parts of whole sequences, so that neither memory nor the caches' misses grow with it. */
    private void forward(TokenBatch batch, boolean firstsOnly, Finish finish) {
        batch.requireFits(shape);
        try (Crew crew = team.enter()) {
            for (int first = 0; first < batch.sequences(); ) {
                int end = batch.endOfRun(first, PASS_TOKENS);
                run(crew, batch.slice(first, end), first, firstsOnly, finish);
                first = end;
            }
        }
    }

    private void run(Crew crew, TokenBatch part, int first, boolean firstsOnly, Finish finish) {
        Workspace space = acquire(Panels.count(part.tokens()));
        crew.run((share, barrier) -> embeddings.apply(part, space.states, share, barrier));
        for (LayerKernel layer : layers) {
            boolean last = layer == layers.getLast();
            crew.run((share, barrier) -> layer.apply(space, part.offsets(), firstsOnly && last, share, barrier));
        }
        finish.accept(space, part, first);
        workspaces.add(space);
    }

    private Workspace acquire(int panels) {
        Workspace pooled = workspaces.poll();
        if (pooled != null && pooled.panels() >= panels) {
            return pooled;
        }
        // Rounded up to a power of two, so that growing sequences do not each bring a new workspace.
        return new Workspace(Integer.highestOneBit(2 * panels - 1), threads, shape);
    }

    @Override
    public void close() {
        team.close();
    }
}
