package dev.filigree.pruner.method;

import dev.filigree.pruner.checkpoint.Checkpointed;
import dev.filigree.pruner.checkpoint.StateReader;
import dev.filigree.pruner.checkpoint.StateWriter;
import dev.filigree.pruner.pattern.Mask;
import java.io.IOException;

/**
 * ADMM on one layer's weights W: minimise the loss subject to W in the constraint, by training on
 * {@code loss + rho/2 ‖W − Z + U‖²} and, at intervals, {@code Z = nearest(W + U)} and {@code U = U + W − Z} (Boyd et al. 2011, section
 * 3.1.1, scaled form). The trainer adds {@code rho (W − target)} with {@code target = Z − U} to the gradient of the loss.
 *
 * <p>Starts at {@code Z = nearest(W)}, {@code U = 0}. Not thread-safe; arrays are row-major {@code [rows, columns]}.
 */
public final class AdmmState implements Checkpointed {
    private final Constraint constraint;
    private final RhoBalance balance;
    private final float[] dual;
    private final float[] target;
    private float[] split;
    private float[] previous;
    private Mask mask;
    private float rho;

    /**
     * Starts from trained weights, which are not changed.
     *
     * @param rho positive; NxMTransformer (Holmes et al. 2021) used 1e-3 to 1e-2
     */
    public AdmmState(Constraint constraint, float[] weights, float rho, RhoBalance balance) {
        if (!(rho > 0)) {
            throw new IllegalArgumentException("The penalty rho of ADMM must be positive, but is " + rho + ".");
        }
        this.constraint = constraint;
        this.balance = balance;
        this.rho = rho;
        this.mask = constraint.nearest(weights);
        this.split = weights.clone();
        mask.apply(split);
        this.previous = new float[weights.length];
        this.dual = new float[weights.length];
        this.target = split.clone();
    }

    /** The penalty in force. */
    public float rho() {
        return rho;
    }

    /** {@code Z − U}, the array itself: {@link #update} rewrites it in place, nobody else may. */
    public float[] target() {
        return target;
    }

    /** What Z keeps. */
    public Mask mask() {
        return mask;
    }

    /** A copy of U, the dual divided by rho. */
    public float[] scaledDual() {
        return dual.clone();
    }

    /** A copy of Z, which obeys the constraint. */
    public float[] projected() {
        return split.clone();
    }

    /** Moves Z and U after W was trained for a while, then balances rho; the dual {@code rho U} is the same before and after balancing. */
    public Residuals update(float[] weights) {
        requireLength(weights);
        float[] next = previous;
        for (int i = 0; i < next.length; i++) {
            next[i] = weights[i] + dual[i];
        }
        mask = constraint.nearest(next);
        mask.apply(next);
        previous = split;
        split = next;
        Residuals residuals = moveDual(weights);
        float balanced = balance.next(rho, residuals);
        float rescale = rho / balanced;
        rho = balanced;
        for (int i = 0; i < target.length; i++) {
            dual[i] *= rescale;
            target[i] = split[i] - dual[i];
        }
        return residuals;
    }

    @Override
    public void save(StateWriter out) throws IOException {
        out.real("rho", rho);
        out.floats("z", split);
        out.floats("u", dual);
        out.integers("z.patterns", mask.patterns());
    }

    @Override
    public void restore(StateReader in) throws IOException {
        rho = (float) in.real("rho");
        in.floats("z", split);
        in.floats("u", dual);
        int[] patterns = mask.patterns();
        in.integers("z.patterns", patterns);
        mask = new Mask(mask.grid(), patterns);
        for (int i = 0; i < target.length; i++) {
            target[i] = split[i] - dual[i];
        }
    }

    private Residuals moveDual(float[] weights) {
        double gap = 0;
        double moved = 0;
        double weightNorm = 0;
        double splitNorm = 0;
        double dualNorm = 0;
        for (int i = 0; i < split.length; i++) {
            float difference = weights[i] - split[i];
            float u = dual[i] + difference;
            float step = split[i] - previous[i];
            dual[i] = u;
            gap += (double) difference * difference;
            moved += (double) step * step;
            weightNorm += (double) weights[i] * weights[i];
            splitNorm += (double) split[i] * split[i];
            dualNorm += (double) u * u;
        }
        return new Residuals(ratio(gap, Math.max(weightNorm, splitNorm)), ratio(moved, dualNorm));
    }

    private static double ratio(double squares, double ofSquares) {
        return squares == 0 ? 0 : ofSquares == 0 ? 1 : Math.sqrt(squares / ofSquares);
    }

    private void requireLength(float[] values) {
        if (values.length != target.length) {
            throw new IllegalArgumentException("Expected " + target.length + " weights, got " + values.length + ".");
        }
    }
}
