package dev.filigree.tests.bench.peer;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.SparseMatrix;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Ways to store the linears of the layers. All hold the same weights and give the same answers, so that beside each other they show what
 * the pattern is worth, and what the codes are.
 */
public enum Variant {
    /** As the file has them. */
    PACKED("packed", UnaryOperator.identity()),
    /** As the file has them, the zeros with the rest. */
    DENSE("dense", Variant::dense),
    /** In fp32, in the file's patterns. */
    FP32("fp32", Variant::fp32),
    /** In fp32, the zeros with the rest. */
    DENSE_FP32("dense-fp32", matrix -> dense(fp32(matrix)));

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String label;
    private final UnaryOperator<Matrix> change;

    Variant(String label, UnaryOperator<Matrix> change) {
        this.label = label;
        this.change = change;
    }

    /** Its name on the command line. */
    public String label() {
        return label;
    }

    /** The variant of a name. */
    public static Optional<Variant> named(String label) {
        return Arrays.stream(values()).filter(variant -> variant.label.equals(label)).findFirst();
    }

    /** All names, separated by commas. */
    public static String labels() {
        return Arrays.stream(values()).map(Variant::label).collect(Collectors.joining(", "));
    }

    /** A model with its layers' linears stored so; what stays the same is shared with the model given. */
    public Model of(Model model) {
        return new Model(model.shape(), model.tokenizer(), model.embeddings(), model.layers().stream().map(this::of).toList(),
                model.head(), model.task(), model.provenance(), model.goldenExamples());
    }

    private EncoderLayer of(EncoderLayer layer) {
        return new EncoderLayer(of(layer.query()), of(layer.key()), of(layer.value()), of(layer.attentionOutput()), layer.attentionNorm(),
                of(layer.ffnIn()), of(layer.ffnOut()), layer.outputNorm());
    }

    private Linear of(Linear linear) {
        return new Linear(change.apply(linear.weight()), linear.bias());
    }

    private static Matrix fp32(Matrix matrix) {
        return switch (matrix) {
            case DenseMatrix dense -> DenseMatrix.of(dense.toFloats(), dense.rows(), dense.columns(), DType.FP32);
            case SparseMatrix sparse -> SparseMatrix.of(sparse.toFloats(), sparse.rows(), sparse.columns(), sparse.sparsity(),
                    sparse.patterns(), DType.FP32, sparse.rowOrder());
        };
    }

    private static Matrix dense(Matrix matrix) {
        if (!(matrix instanceof SparseMatrix sparse)) {
            return matrix;
        }
        if (sparse.dtype() != DType.INT8) {
            return DenseMatrix.of(sparse.toFloats(), sparse.rows(), sparse.columns(), sparse.dtype());
        }
        float[] scales = new float[sparse.rows()];
        for (int row = 0; row < scales.length; row++) {
            scales[sparse.originalRow(row)] = sparse.scales().getAtIndex(FLOAT, row);
        }
        return DenseMatrix.ofInt8(sparse.toFloats(), sparse.rows(), sparse.columns(), scales);
    }
}
