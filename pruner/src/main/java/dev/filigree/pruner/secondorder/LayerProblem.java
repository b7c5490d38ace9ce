package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Parallel;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.pattern.Projection;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The least-squares problem of one linear layer: over weights W and bias b, minimise
 * {@code 1/2 mean ‖W x + b − t‖² + lambda/2 ‖W − W0‖²}, where {@code lambda = damping * mean(diag(mean x xᵀ))} keeps directions that
 * the calibration texts hardly show at the trained weights W0 instead of letting them run. The bias is not damped.
 *
 * <p>With {@code A = H + lambda} and {@code B = C + lambda W0} the optimum is {@code W* = B A⁻¹}, and around it the loss is exactly
 * quadratic: removing weight j of a row and moving all others to make up for it costs {@code w*_j² / (2 [A⁻¹]_jj)} (Hassibi and Stork
 * 1992). That is a diagonal metric, so choosing the patterns is {@link Projection} of W* in the metric {@code 1 / [A⁻¹]_jj}.
 *
 * <p>Immutable and thread-safe; work is split over the fork-join pool of the calling thread.
 */
public final class LayerProblem {
    /** The damping of GPTQ and SparseGPT. */
    public static final double DEFAULT_DAMPING = 0.01;

    private static final int DAMPING_TRIES = 8;
    /** Damping below this share is lost in the rounding of the moments. */
    private static final double SMALLEST_RETRY = 1e-9;

    private final int inputs;
    private final int outputs;
    /** Inputs and the constant. */
    private final int size;
    private final double[] hessian;
    private final double[] cross;
    private final double[] optimum;
    private final double[] metric;

    private LayerProblem(LayerMoments moments, double[] hessian, double[] cross, Cholesky factor) {
        this.inputs = moments.inputs();
        this.outputs = moments.outputs();
        this.size = inputs + 1;
        this.hessian = hessian;
        this.cross = cross;
        this.optimum = cross.clone();
        factor.solveRows(optimum, outputs);
        double[] inverse = factor.inverseDiagonal();
        this.metric = new double[inputs];
        for (int j = 0; j < inputs; j++) {
            metric[j] = 1 / inverse[j];
        }
    }

    /**
     * Sets the problem up and solves it without a pattern. A matrix too ill-conditioned to factor is damped ten times more until it can be.
     *
     * @param weight the trained weights, row-major {@code [outputs, inputs]}
     * @param damping lambda as a share of the mean square of the inputs, positive; {@link #DEFAULT_DAMPING} is a good one
     */
    public static LayerProblem of(LayerMoments moments, float[] weight, double damping) {
        if (weight.length != moments.inputs() * moments.outputs()) {
            throw new IllegalArgumentException("The moments are of a " + moments.outputs() + " x " + moments.inputs()
                    + " layer, but there are " + weight.length + " weights.");
        }
        if (!(damping > 0)) {
            throw new IllegalArgumentException("The damping must be positive, got " + damping + ".");
        }
        double share = damping;
        for (int attempt = 1; ; attempt++) {
            double lambda = share * meanSquare(moments);
            double[] hessian = dampedHessian(moments, lambda);
            try {
                Cholesky factor = Cholesky.factor(hessian.clone(), moments.inputs() + 1);
                return new LayerProblem(moments, hessian, dampedCross(moments, weight, lambda), factor);
            } catch (ArithmeticException notPositive) {
                if (attempt == DAMPING_TRIES) {
                    throw notPositive;
                }
                share = Math.max(10 * share, SMALLEST_RETRY);
            }
        }
    }

    /** What squared changes of a weight cost at each input, all other weights making up for them: {@code 1 / [A⁻¹]_jj}. */
    public double[] metric() {
        return metric.clone();
    }

    /** The weights W* of the dense optimum, row-major {@code [outputs, inputs]}. */
    public float[] optimum() {
        float[] weights = new float[outputs * inputs];
        for (int r = 0; r < outputs; r++) {
            for (int j = 0; j < inputs; j++) {
                weights[r * inputs + j] = (float) optimum[r * size + j];
            }
        }
        return weights;
    }

    /** For each block the pattern whose pruned weights cost least, each taken alone. */
    public Mask select(BlockGrid grid, PatternSet patterns) {
        requireGrid(grid);
        return new Projection(grid, patterns, metric).select(optimum());
    }

    /**
     * Solves for the kept weights and the biases exactly. Block rows with the same patterns share one factorisation, and so do the V
     * rows of a block.
     */
    public PrunedLinear refit(Mask mask) {
        requireGrid(mask.grid());
        List<Map.Entry<IntBuffer, List<Integer>>> systems = new ArrayList<>(rowsByKeptInputs(mask).entrySet());
        double[] solution = new double[outputs * size];
        Parallel.forRanges(systems.size(), 1, (from, to) -> {
            double[] matrix = new double[0];
            for (int s = from; s < to; s++) {
                int[] kept = withConstant(systems.get(s).getKey());
                matrix = matrix.length < kept.length * kept.length ? new double[kept.length * kept.length] : matrix;
                solve(kept, systems.get(s).getValue(), matrix, solution);
            }
        });
        return assemble(mask, solution);
    }

    private void solve(int[] kept, List<Integer> rows, double[] matrix, double[] solution) {
        int n = kept.length;
        for (int p = 0; p < n; p++) {
            int source = kept[p] * size;
            for (int q = 0; q <= p; q++) {
                matrix[p * n + q] = hessian[source + kept[q]];
            }
        }
        double[] right = new double[rows.size() * n];
        for (int r = 0; r < rows.size(); r++) {
            for (int p = 0; p < n; p++) {
                right[r * n + p] = cross[rows.get(r) * size + kept[p]];
            }
        }
        Cholesky.factor(matrix, n).solve(right, 0, rows.size());
        for (int r = 0; r < rows.size(); r++) {
            for (int p = 0; p < n; p++) {
                solution[rows.get(r) * size + kept[p]] = right[r * n + p];
            }
        }
    }

    /** At a minimum over any subset of weights the loss is {@code -1/2 b·w} below that of all zeros. */
    private PrunedLinear assemble(Mask mask, double[] solution) {
        float[] weight = new float[outputs * inputs];
        float[] bias = new float[outputs];
        double explained = 0;
        double kept = 0;
        for (int r = 0; r < outputs; r++) {
            for (int j = 0; j < size; j++) {
                int at = r * size + j;
                explained += cross[at] * optimum[at];
                kept += cross[at] * solution[at];
                if (j < inputs) {
                    weight[r * inputs + j] = (float) solution[at];
                }
            }
            bias[r] = (float) solution[r * size + inputs];
        }
        return new PrunedLinear(weight, bias, mask, explained == 0 ? 0 : Math.max(0, (explained - kept) / explained));
    }

    private void requireGrid(BlockGrid grid) {
        if (grid.rows() != outputs || grid.columns() != inputs) {
            throw new IllegalArgumentException("The pattern is for a " + grid.rows() + " x " + grid.columns() + " matrix, the layer is "
                    + outputs + " x " + inputs + ".");
        }
    }

    private static Map<IntBuffer, List<Integer>> rowsByKeptInputs(Mask mask) {
        Map<IntBuffer, List<Integer>> rows = new LinkedHashMap<>();
        for (int block = 0; block < mask.grid().blockRows(); block++) {
            List<Integer> same = rows.computeIfAbsent(IntBuffer.wrap(mask.keptInputs(block)), key -> new ArrayList<>());
            for (int i = 0; i < mask.grid().rowsIn(block); i++) {
                same.add(mask.grid().row(block, i));
            }
        }
        return rows;
    }

    private int[] withConstant(IntBuffer inputsKept) {
        int[] kept = new int[inputsKept.remaining() + 1];
        inputsKept.get(inputsKept.position(), kept, 0, kept.length - 1);
        kept[kept.length - 1] = inputs;
        return kept;
    }

    private static double meanSquare(LayerMoments moments) {
        double sum = 0;
        for (double square : moments.inputMeanSquares()) {
            sum += square;
        }
        // A layer that never sees anything but zeros keeps its trained weights.
        return sum == 0 ? 1 : sum / moments.inputs();
    }

    private static double[] dampedHessian(LayerMoments moments, double lambda) {
        int size = moments.inputs() + 1;
        double[] hessian = moments.gram().clone();
        double tokens = hessian[hessian.length - 1];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j <= i; j++) {
                hessian[i * size + j] /= tokens;
            }
            hessian[i * size + i] += i < moments.inputs() ? lambda : 0;
        }
        return hessian;
    }

    private static double[] dampedCross(LayerMoments moments, float[] weight, double lambda) {
        int size = moments.inputs() + 1;
        double tokens = moments.gram()[size * size - 1];
        double[] cross = moments.cross().clone();
        for (int r = 0; r < moments.outputs(); r++) {
            for (int j = 0; j < size; j++) {
                int at = r * size + j;
                cross[at] = cross[at] / tokens + (j < moments.inputs() ? lambda * weight[r * moments.inputs() + j] : 0);
            }
        }
        return cross;
    }
}
