package dev.filigree.tests.bench.peer;

import dev.filigree.runtime.GoldenCheck;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.List;

/**
 * How far an engine's answers are from those that are expected of it.
 *
 * @param with the engine whose answers are expected
 * @param gap the largest over a few texts: of logits, the difference as a share of the largest logit (see {@link GoldenCheck#gap}); of
 *     hidden states, one minus their cosine
 * @param tolerance what it may be
 */
public record Agreement(String with, double gap, double tolerance) {
    /** Compares logits over some batches. */
    public static Agreement ofLogits(Peer peer, Peer expected, List<TokenBatch> batches, double tolerance) {
        double gap = 0;
        for (TokenBatch batch : batches) {
            gap = Math.max(gap, GoldenCheck.gap(expected.run(batch), peer.run(batch)));
        }
        return new Agreement(expected.name(), gap, tolerance);
    }

    static Agreement ofHiddenStates(Peer peer, Peer expected, List<TokenBatch> batches, double tolerance) {
        double gap = 0;
        for (TokenBatch batch : batches) {
            gap = Math.max(gap, 1 - cosine(expected.run(batch), peer.run(batch)));
        }
        return new Agreement(expected.name(), gap, tolerance);
    }

    /** Whether the engine computes what it should; not so where a value is NaN. */
    public boolean holds() {
        return gap <= tolerance;
    }

    /** NaN where the lengths differ. */
    static double cosine(float[] a, float[] b) {
        double product = a.length == b.length ? 0 : Double.NaN;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < Math.min(a.length, b.length); i++) {
            product += (double) a[i] * b[i];
            ofA += (double) a[i] * a[i];
            ofB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(ofA * ofB);
    }
}
