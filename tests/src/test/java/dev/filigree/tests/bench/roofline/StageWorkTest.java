package dev.filigree.tests.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.tests.bench.RandomModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class StageWorkTest {
    private static final EncoderShape SHAPE = new EncoderShape(12, 1, 3, 20, 40, 16, 2, 1e-12f);

    @Test
    void countsKeptWeightsAlone() {
        Model model = RandomModel.make(SHAPE, Pooling.MEAN, Sparsity.parse("2:4@4"), DType.INT8, 3);
        StageWork work = StageWork.of(StageWork.linears(model, EncoderLayer::linears), 7);
        assertThat(work.integerOperations()).isEqualTo(2.0 * (4 * 12 * 6 + 20 * 6 + 12 * 10) * 7);
        assertThat(work.fp32Operations()).isZero();
        assertThat(work.weightBytes()).isGreaterThan(4 * 12 * 6 + 20 * 6 + 12 * 10);
    }

    @Test
    void attentionGrowsWithTheSquareOfEachLength() {
        Model model = RandomModel.make(SHAPE, Pooling.MEAN, Sparsity.DENSE, DType.FP32, 3);
        TokenBatch batch = new TokenBatch(new int[8], new int[8], new int[] {0, 3, 8});
        assertThat(StageWork.ofAttention(model, batch).fp32Operations()).isEqualTo(4.0 * (9 + 25) * 12);
    }

    @Test
    void lastLayerMayComputeFirstTokensAlone() {
        EncoderShape two = new EncoderShape(12, 2, 3, 20, 40, 16, 2, 1e-12f);
        Model model = RandomModel.make(two, Pooling.CLS, Sparsity.DENSE, DType.INT8, 3);
        TokenBatch batch = new TokenBatch(new int[8], new int[8], new int[] {0, 3, 8});
        StageWork ffnIn = StageWork.ofLinears(model, batch, layer -> List.of(layer.ffnIn()));
        assertThat(ffnIn.integerOperations()).isEqualTo(2.0 * 12 * 20 * (8 + 2));
        assertThat(StageWork.ofAttention(model, batch).fp32Operations()).isEqualTo(4.0 * (9 + 25 + 3 + 5) * 12);
    }

    @Test
    void roofIsTheSlowerOfComputingAndReading() {
        StageWork work = new StageWork(2e9, 6e9, 30_000_000);
        assertThat(work.roofMillis(100, 600, 10)).isCloseTo(30, within(1e-9));
        assertThat(work.roofMillis(100, 600, 10_000)).isCloseTo(30, within(1e-9));
        assertThat(work.roofMillis(100, 600, 0.5)).isCloseTo(60, within(1e-9));
    }
}
