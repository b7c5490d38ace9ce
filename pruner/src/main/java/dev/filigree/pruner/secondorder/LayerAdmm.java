package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Projection;

/**
 * ADMM on the quadratic of one layer, all rows and groups at once, as in ALPS (Meng et al. 2024, arXiv 2406.07831, algorithm 1):
 * {@code W = (B + rho (Z − U) D)(A + rho D)⁻¹}, {@code Z = nearest(W + U)}, {@code U = U + W − Z}, while rho grows slowly, and slower the
 * less Z's pattern still changes; when the pattern stands still, it is the answer. Weights are compared in the metric D of the
 * projection, the optimal-brain-surgeon worth of each input; ALPS scales by {@code diag(A)} instead, which loses more where inputs depend
 * on each other. The bias, which is never pruned, takes no penalty.
 *
 * <p>An iteration solves for every row with one factorisation, {@code 2 size²} multiply-adds a row; rho changes every third at most.
 */
final class LayerAdmm {
    private static final double FIRST_RHO = 1;
    /** Iterations from one look at the pattern, and one rise of rho, to the next. */
    private static final int INTERVAL = 3;
    private static final int MOST_ITERATIONS = 300;

    private final Quadratic loss;
    private final double[] metric;
    private final Projection projection;
    private final int inputs;
    /** U, {@code [outputs, inputs]}. */
    private final double[] dual;
    /** W + U, then Z, {@code [outputs, inputs]}. */
    private final float[] split;
    private double rho = FIRST_RHO;

    /**
     * Prepares a run.
     *
     * @param metric D, {@code [inputs]}
     * @param projection on the patterns, in the same metric
     */
    LayerAdmm(Quadratic loss, double[] metric, Projection projection) {
        this.loss = loss;
        this.metric = metric;
        this.projection = projection;
        this.inputs = loss.size() - 1;
        this.dual = new double[loss.outputs() * inputs];
        this.split = new float[dual.length];
    }

    /**
     * The pattern at which the iteration from the dense optimum {@code [outputs, size]} comes to rest.
     *
     * @throws InterruptedException when the thread was interrupted before that
     */
    Mask select(double[] optimum) throws InterruptedException {
        double[] weights = optimum.clone();
        Mask last = project(weights);
        Cholesky factor = penalised();
        for (int i = 1; i <= MOST_ITERATIONS; i++) {
            if (Thread.interrupted()) {
                throw new InterruptedException("The choice of patterns was stopped.");
            }
            moveDual(weights);
            factor.solveRows(weights, loss.outputs());
            Mask mask = project(weights);
            if (i % INTERVAL == 0) {
                double changed = 0.5 * mask.differences(last) / mask.kept();
                if (changed == 0) {
                    break;
                }
                raise(changed);
                factor = penalised();
                last = mask;
            }
        }
        return last;
    }

    private Mask project(double[] weights) {
        for (int r = 0; r < loss.outputs(); r++) {
            for (int j = 0; j < inputs; j++) {
                split[r * inputs + j] = (float) (weights[r * loss.size() + j] + dual[r * inputs + j]);
            }
        }
        return projection.project(split);
    }

    /** Moves U by W − Z, and puts the right side of the next W in W's place. */
    private void moveDual(double[] weights) {
        double[] right = loss.right();
        for (int r = 0; r < loss.outputs(); r++) {
            for (int j = 0; j < inputs; j++) {
                int at = r * inputs + j;
                int source = r * loss.size() + j;
                dual[at] += weights[source] - split[at];
                weights[source] = right[source] + rho * metric[j] * (split[at] - dual[at]);
            }
            weights[r * loss.size() + inputs] = right[r * loss.size() + inputs];
        }
    }

    /** The schedule of ALPS, by the share of kept weights that changed; the dual {@code rho U} stays what it is. */
    private void raise(double changed) {
        double factor = changed >= 0.1 ? 1.3 : changed >= 0.005 ? 1.2 : 1.1;
        rho *= factor;
        for (int i = 0; i < dual.length; i++) {
            dual[i] /= factor;
        }
    }

    private Cholesky penalised() {
        double[] matrix = loss.matrix().clone();
        for (int j = 0; j < inputs; j++) {
            matrix[j * loss.size() + j] += rho * metric[j];
        }
        return Cholesky.factor(matrix, loss.size());
    }
}
