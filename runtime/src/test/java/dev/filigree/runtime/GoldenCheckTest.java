package dev.filigree.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Head;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GoldenCheckTest {
    private static final Model LABELS = TinyModels.of(TinyModels.SENTIMENT, Pooling.CLS, 1);

    @Test
    void aGapIsAShareOfTheLargestLogit() {
        assertThat(GoldenCheck.gap(LABELS, new float[] {0.5f, -0.25f}, new float[] {0.5f, -0.5f})).isEqualTo(0.25);
        assertThat(GoldenCheck.gap(LABELS, new float[] {-8, 2}, new float[] {-8, 3})).isEqualTo(0.125);
        assertThat(GoldenCheck.gap(LABELS, new float[] {1, 2}, new float[] {1, Float.NaN})).isNaN();
        assertThat(GoldenCheck.gap(LABELS, new float[] {1, 2}, new float[] {1})).isInfinite();
    }

    /** The same answers in other units, shifted: as far off. */
    @Test
    void scoresOfAnyRangeAreJudgedAlike() {
        for (float unit : new float[] {1e-3f, 1, 400}) {
            Model model = scores(0.4f * unit, 7 * unit);
            double small = GoldenCheck.gap(model, new float[] {7.25f * unit}, new float[] {7.5f * unit});
            assertThat(small).isCloseTo(0.25, within(1e-3));
            double large = GoldenCheck.gap(model, new float[] {11 * unit}, new float[] {12 * unit});
            assertThat(large).isCloseTo(0.25, within(1e-3));
        }
    }

    @Test
    void aHeadOfZerosTellsItsBias() {
        Model model = scores(0, 3);
        assertThat(GoldenCheck.gap(model, new float[] {3}, new float[] {3})).isZero();
        assertThat(GoldenCheck.gap(model, new float[] {3}, new float[] {3.01f})).isInfinite();
    }

    /** A regression whose head has this norm and bias. */
    private static Model scores(float norm, float bias) {
        Model model = TinyModels.of(TinyModels.SIMILARITY, Pooling.CLS, 1);
        float[] weights = new float[model.shape().hidden()];
        weights[2] = norm;
        Linear head = new Linear(DenseMatrix.of(weights, 1, weights.length, DType.FP32), new float[] {bias});
        return new Model(model.shape(), model.tokenizer(), model.embeddings(), model.layers(),
                new Head(Pooling.CLS, Optional.empty(), head), model.task(), model.provenance(), model.goldenExamples());
    }
}
