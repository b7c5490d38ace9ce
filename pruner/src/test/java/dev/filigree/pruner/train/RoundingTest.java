package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Pooling;
import dev.filigree.format.SparseMatrix;
import dev.filigree.format.Sparsity;
import dev.filigree.pruner.pattern.BlockGrid;
import dev.filigree.pruner.pattern.Projection;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoundingTest {
    private static final int ROWS = 48;
    private static final int COLUMNS = 40;

    @ParameterizedTest
    @EnumSource(DType.class)
    void givesWhatTheFileGivesBack(DType type) {
        float[] values = values();
        float[] rounded = values.clone();
        Rounding.stored(type).round(rounded, ROWS, COLUMNS);
        assertThat(rounded).isEqualTo(DenseMatrix.of(values, ROWS, COLUMNS, type).toFloats());
    }

    @Test
    void givesWhatASparseFileGivesBack() {
        Sparsity sparsity = Sparsity.parse("2:4@16");
        float[] values = values();
        Projection.euclidean(BlockGrid.of(ROWS, COLUMNS, sparsity)).project(values);
        float[] rounded = values.clone();
        Rounding.stored(DType.INT8).round(rounded, ROWS, COLUMNS);
        SparseMatrix stored = SparseMatrix.of(values, ROWS, COLUMNS, sparsity, DType.INT8, new int[0]);
        assertThat(rounded).isEqualTo(stored.toFloats());
    }

    /** The forward pass computes with codes, the masters move by less than a code and are kept. */
    @Test
    void trainingGoesStraightThrough() throws InterruptedException {
        HeadSpec head = new HeadSpec(Pooling.MEAN, 2, false);
        try (BertClassifier model = Tiny.model(head, 1)) {
            Parameter weight = model.linear(1, LinearRole.FFN_OUT).weight();
            float[] before = weight.weights().clone();
            weight.roundBy(Rounding.stored(DType.INT8));
            assertThat(weight.leaf().toFloatArray()).isEqualTo(stored(weight)).isNotEqualTo(before);
            TrainingPlan plan = TrainingPlan.of("test", 3, 16, 1e-4, 7);
            new Trainer(model, TrainingListener.SILENT).train(Tiny.separable(64, 3), plan, Objective.LABELS, StepHook.NONE);
            assertThat(weight.weights()).isNotEqualTo(before);
            assertThat(weight.leaf().toFloatArray()).isEqualTo(stored(weight));
            assertThat(weight.maskedWeights()).isEqualTo(weight.weights());
            weight.clearRounding();
            assertThat(weight.leaf().toFloatArray()).isEqualTo(weight.weights());
        }
    }

    private static float[] stored(Parameter weight) {
        return DenseMatrix.of(weight.weights(), weight.rows(), weight.columns(), DType.INT8).toFloats();
    }

    /** Rows of every size, one of zeros and one of denormals. */
    private static float[] values() {
        Random random = new Random(8);
        float[] values = new float[ROWS * COLUMNS];
        for (int row = 2; row < ROWS; row++) {
            double scale = Math.pow(10, random.nextInt(-4, 4));
            for (int i = row * COLUMNS; i < (row + 1) * COLUMNS; i++) {
                values[i] = (float) (scale * random.nextGaussian());
            }
        }
        values[COLUMNS + 3] = Float.MIN_VALUE;
        return values;
    }
}
