package dev.filigree.pruner.method;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.pattern.Mask;
import java.io.IOException;

/**
 * SR-STE on one layer's weights W (Zhou et al. 2021, arXiv 2102.04010, eq. 6): the forward pass computes with {@code W ⊙ mask}, the
 * gradient found there is applied to all of W, pruned weights decay by {@code lambda W} as well, and the mask is chosen anew at intervals.
 * This class chooses the masks; gradient and decay are the optimiser's.
 *
 * <p>The decay is taken on the weights themselves, scaled by the learning rate, and never given to Adam: within its moments it would cancel
 * its own strength (a large steady term is divided by its own root mean square) and leave second moments behind that hold back weights
 * which return, the harm that STEP (Lu et al., ICML 2023, arXiv 2302.01172) found.
 *
 * <p>Not thread-safe.
 */
public final class SrSte implements Checkpointed {
    private final Constraint constraint;
    private Mask mask;

    /** Starts with the mask nearest to trained weights. */
    public SrSte(Constraint constraint, float[] weights) {
        this.constraint = constraint;
        this.mask = constraint.nearest(weights);
    }

    /** The mask in force. */
    public Mask mask() {
        return mask;
    }

    /** Chooses the mask anew and returns the share of weights, 0 to 1, that it keeps or drops differently. */
    public double refresh(float[] weights) {
        Mask before = mask;
        mask = constraint.nearest(weights);
        return (double) mask.differences(before) / weights.length;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.integers("patterns", mask.patterns());
    }

    @Override
    public void restore(StateReader in) throws IOException {
        int[] patterns = mask.patterns();
        in.integers("patterns", patterns);
        mask = new Mask(mask.grid(), patterns);
    }
}
