package dev.filigree.tests.bench.peer;

import dev.filigree.runtime.GoldenCheck;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.List;

/**
 * How far an engine's answers are from those that are expected of it.
 *
 * @param with the engine whose answers are expected
 * @param of what was compared: {@link #LOGITS} or {@link #HIDDEN_STATES}
 * @param gap the largest over a few batches of texts: of logits, the difference as a share of the largest one (see
 *     {@link GoldenCheck#gap}); of hidden states, one minus their cosine
 * @param tolerance what it may be
 * @param asTimed the gap of the engine as it is timed; more than the other where it is asked to be exact for the comparison alone
 */
public record Agreement(String with, String of, double gap, double tolerance, double asTimed) {
    /** Of engines that differ by little. */
    public static final String LOGITS = "logits";
    /** Of engines whose activations are so coarse that the logits of a text near the border may be anything. */
    public static final String HIDDEN_STATES = "hidden states";

    /** What an engine answers. */
    interface Answers {
        float[] to(TokenBatch batch);
    }

    /** Compares logits over some batches. */
    public static Agreement ofLogits(Peer peer, Peer expected, List<TokenBatch> batches, double tolerance) {
        double gap = 0;
        for (TokenBatch batch : batches) {
            gap = Math.max(gap, GoldenCheck.gap(expected.run(batch), peer.run(batch)));
        }
        return new Agreement(expected.name(), LOGITS, gap, tolerance, gap);
    }

    static Agreement ofHiddenStates(Answers answers, Answers expected, String with, List<TokenBatch> batches, double tolerance) {
        double gap = 0;
        for (TokenBatch batch : batches) {
            gap = Math.max(gap, 1 - cosine(expected.to(batch), answers.to(batch)));
        }
        return new Agreement(with, HIDDEN_STATES, gap, tolerance, gap);
    }

    /** This one, of an engine that is timed in a form less exact. */
    Agreement asTimed(Agreement timed) {
        return new Agreement(with, of, gap, tolerance, timed.gap);
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
