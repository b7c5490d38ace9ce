package dev.filigree.tests.bench.roofline;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.SparseMatrix;
import dev.filigree.runtime.kernel.TokenBatch;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * The least that a part of the forward pass has to do, all layers together. Activations are not counted: they are near.
 *
 * @param fp32Operations additions and multiplications of fp32 products
 * @param integerOperations those of products of codes; pruned weights are not counted
 * @param weightBytes weights as stored in the file
 */
record StageWork(double fp32Operations, double integerOperations, long weightBytes) {
    private static final StageWork NONE = new StageWork(0, 0, 0);

    /** Linears of a whole batch: a multiplication and an addition for each kept weight and token. */
    static StageWork of(Collection<Linear> linears, int rows) {
        StageWork sum = NONE;
        for (Linear linear : linears) {
            Matrix matrix = linear.weight();
            double kept = matrix instanceof SparseMatrix sparse
                    ? (double) sparse.rows() * sparse.keptPerRow()
                    : (double) matrix.rows() * matrix.columns();
            boolean integer = matrix.dtype() == DType.INT8;
            double operations = 2 * kept * rows;
            sum = sum.plus(new StageWork(integer ? 0 : operations, integer ? operations : 0, matrix.storedBytes()));
        }
        return sum;
    }

    /** Linears that a layer has for each of its outputs; the last layer's are first tokens alone where the head reads no others. */
    static StageWork ofLinears(Model model, TokenBatch batch, Function<EncoderLayer, List<Linear>> choice) {
        StageWork sum = NONE;
        for (EncoderLayer layer : model.layers()) {
            boolean firsts = firstsOnly(model) && layer == model.layers().getLast();
            sum = sum.plus(of(choice.apply(layer), firsts ? batch.sequences() : batch.tokens()));
        }
        return sum;
    }

    /** Attention of every layer: scores and weighted sums, each a product of {@code outputs x hidden x length}. */
    static StageWork ofAttention(Model model, TokenBatch batch) {
        int whole = model.shape().layers() - (firstsOnly(model) ? 1 : 0);
        double operations = 0;
        for (int s = 0; s < batch.sequences(); s++) {
            double row = 4.0 * batch.length(s) * model.shape().hidden();
            operations += row * batch.length(s) * whole + row * (model.shape().layers() - whole);
        }
        return new StageWork(operations, 0, 0);
    }

    private static boolean firstsOnly(Model model) {
        return model.head().pooling() != Pooling.MEAN;
    }

    /** The linears of every layer that are together in a stage. */
    static List<Linear> linears(Model model, Function<EncoderLayer, List<Linear>> choice) {
        return model.layers().stream().flatMap(layer -> choice.apply(layer).stream()).toList();
    }

    /** Both. */
    StageWork plus(StageWork other) {
        return new StageWork(fp32Operations + other.fp32Operations, integerOperations + other.integerOperations,
                weightBytes + other.weightBytes);
    }

    /** Operations of either kind. */
    double operations() {
        return fp32Operations + integerOperations;
    }

    /**
     * The least milliseconds: what takes longer of computing and reading (Williams et al. 2009).
     *
     * @param fp32 Gop/s
     * @param integer Gop/s
     * @param bandwidth GB/s of where the weights are
     */
    double roofMillis(double fp32, double integer, double bandwidth) {
        return Math.max(fp32Operations / fp32 + integerOperations / integer, weightBytes / bandwidth) / 1e6;
    }
}
