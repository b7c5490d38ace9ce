package dev.filigree.pruner.secondorder;

import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Mask;
import dev.filigree.pruner.pattern.Parallel;
import dev.filigree.pruner.pattern.PatternSet;
import dev.filigree.pruner.pattern.Projection;
import dev.filigree.pruner.pattern.RowGrouping;
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
 * 1992), the weight's {@linkplain #saliency saliency}. That is a diagonal metric, so the patterns that lose the least saliency are the
 * {@link Projection} of W* in the metric {@code 1 / [A⁻¹]_jj}. They are a start: what inputs say together, the saliency does not know.
 * {@link #search} and {@link #admm} find patterns that lose less after the refit, {@link #groupRows} blocks of rows that suit each other.
 *
 * <p>Immutable and thread-safe; work is split over threads, see {@link Parallel}.
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
    private final Quadratic loss;
    /** {@code [outputs, size]}. */
    private final double[] optimum;
    private final double[] metric;

    private LayerProblem(LayerMoments moments, Quadratic loss, Cholesky factor) {
        this.inputs = moments.inputs();
        this.outputs = moments.outputs();
        this.size = inputs + 1;
        this.loss = loss;
        this.optimum = loss.right().clone();
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
        int size = moments.inputs() + 1;
        double share = damping;
        for (int attempt = 1; ; attempt++) {
            double lambda = share * meanSquare(moments);
            double[] matrix = dampedMatrix(moments, lambda);
            try {
                Cholesky factor = Cholesky.factor(matrix.clone(), size);
                return new LayerProblem(moments, new Quadratic(size, matrix, dampedRight(moments, weight, lambda)), factor);
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

    /** Twice what removing each weight costs, all others making up for it, row-major {@code [outputs, inputs]}. */
    public double[] saliency() {
        double[] saliency = new double[outputs * inputs];
        for (int r = 0; r < outputs; r++) {
            for (int j = 0; j < inputs; j++) {
                double w = optimum[r * size + j];
                saliency[r * inputs + j] = w * w * metric[j];
            }
        }
        return saliency;
    }

    /**
     * The grid with rows of alike saliency in one block: see {@link RowGrouping}.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    public BlockGrid groupRows(PatternSet patterns) throws InterruptedException {
        return RowGrouping.of(patterns, inputs, saliency());
    }

    /** For each block the pattern whose pruned weights cost least, each taken alone. */
    public Mask select(BlockGrid grid, PatternSet patterns) {
        loss.requireGrid(grid);
        return new Projection(grid, patterns, metric).select(optimum());
    }

    /**
     * Changes one pattern after the other as long as that lowers the loss after the refit, which never rises.
     *
     * @param start where the search begins
     * @param patterns the patterns allowed, those of the start among them
     * @param sweeps the most sweeps over all groups of a block
     * @throws InterruptedException when the thread was interrupted
     */
    public Mask search(Mask start, PatternSet patterns, int sweeps) throws InterruptedException {
        loss.requireGrid(start.grid());
        return new PatternSearch(loss, patterns, sweeps).improve(start);
    }

    /**
     * Patterns by ADMM on the whole matrix at once: see {@link LayerAdmm}.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    public Mask admm(BlockGrid grid, PatternSet patterns) throws InterruptedException {
        loss.requireGrid(grid);
        return new LayerAdmm(loss, metric, new Projection(grid, patterns, metric)).select(optimum);
    }

    /**
     * Solves for the kept weights and the biases exactly. Block rows with the same patterns share one factorisation, and so do the V
     * rows of a block.
     *
     * @throws InterruptedException when the thread was interrupted
     */
    public PrunedLinear refit(Mask mask) throws InterruptedException {
        loss.requireGrid(mask.grid());
        List<Map.Entry<IntBuffer, List<Integer>>> systems = new ArrayList<>(rowsByKeptInputs(mask).entrySet());
        double[] solution = new double[outputs * size];
        Parallel.forEach(systems.size(), s -> {
            int[] kept = loss.withConstant(systems.get(s).getKey().array());
            solve(kept, systems.get(s).getValue().stream().mapToInt(Integer::intValue).toArray(), solution);
        });
        return assemble(mask, solution);
    }

    private void solve(int[] kept, int[] rows, double[] solution) {
        int n = kept.length;
        double[] right = loss.right(rows, kept);
        loss.factor(kept).solve(right, 0, rows.length);
        for (int r = 0; r < rows.length; r++) {
            for (int p = 0; p < n; p++) {
                solution[rows[r] * size + kept[p]] = right[r * n + p];
            }
        }
    }

    /** At a minimum over any subset of weights the loss is {@code -1/2 b·w} below that of all zeros. */
    private PrunedLinear assemble(Mask mask, double[] solution) {
        float[] weight = new float[outputs * inputs];
        float[] bias = new float[outputs];
        double explained = Vectors.dot(loss.right(), 0, optimum, 0, optimum.length);
        double kept = Vectors.dot(loss.right(), 0, solution, 0, solution.length);
        for (int r = 0; r < outputs; r++) {
            for (int j = 0; j < inputs; j++) {
                weight[r * inputs + j] = (float) solution[r * size + j];
            }
            bias[r] = (float) solution[r * size + inputs];
        }
        return new PrunedLinear(weight, bias, mask, explained == 0 ? 0 : Math.max(0, (explained - kept) / explained));
    }

    private static Map<IntBuffer, List<Integer>> rowsByKeptInputs(Mask mask) {
        Map<IntBuffer, List<Integer>> rows = new LinkedHashMap<>();
        for (int block = 0; block < mask.grid().blockRows(); block++) {
            List<Integer> same = rows.computeIfAbsent(IntBuffer.wrap(mask.keptInputs(block)), key -> new ArrayList<>());
            for (int row : mask.grid().rowsOf(block)) {
                same.add(row);
            }
        }
        return rows;
    }

    private static double meanSquare(LayerMoments moments) {
        double sum = 0;
        for (double square : moments.inputMeanSquares()) {
            sum += square;
        }
        // A layer that never sees anything but zeros keeps its trained weights.
        return sum == 0 ? 1 : sum / moments.inputs();
    }

    private static double[] dampedMatrix(LayerMoments moments, double lambda) {
        int size = moments.inputs() + 1;
        double[] matrix = moments.gram().clone();
        double tokens = matrix[matrix.length - 1];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j <= i; j++) {
                matrix[i * size + j] /= tokens;
                matrix[j * size + i] = matrix[i * size + j];
            }
            matrix[i * size + i] += i < moments.inputs() ? lambda : 0;
        }
        return matrix;
    }

    private static double[] dampedRight(LayerMoments moments, float[] weight, double lambda) {
        int size = moments.inputs() + 1;
        double tokens = moments.gram()[size * size - 1];
        double[] right = moments.cross().clone();
        for (int r = 0; r < moments.outputs(); r++) {
            for (int j = 0; j < size; j++) {
                int at = r * size + j;
                right[at] = right[at] / tokens + (j < moments.inputs() ? lambda * weight[r * moments.inputs() + j] : 0);
            }
        }
        return right;
    }
}
