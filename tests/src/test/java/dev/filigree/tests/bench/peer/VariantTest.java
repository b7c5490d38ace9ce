package dev.filigree.tests.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderLayer;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Linear;
import dev.filigree.format.Matrix;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.tests.bench.RandomModel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariantTest {
    private static final EncoderShape SHAPE = new EncoderShape(12, 1, 3, 20, 40, 16, 2, 1e-12f);

    @ParameterizedTest
    @CsvSource({
        "PACKED, 2:4@4, INT8",
        "DENSE, dense, INT8",
        "FP32, 2:4@4, FP32",
        "DENSE_FP32, dense, FP32",
    })
    void storesTheSameWeightsInAnotherWay(Variant variant, String sparsity, DType dtype) {
        Model packed = RandomModel.make(SHAPE, Pooling.MEAN, Sparsity.parse("2:4@4"), DType.INT8, 3);
        Model changed = variant.of(packed);
        EncoderLayer layer = packed.layers().getFirst();
        for (int i = 0; i < layer.linears().size(); i++) {
            Linear before = layer.linears().get(i);
            Linear after = changed.layers().getFirst().linears().get(i);
            Matrix weight = after.weight();
            assertThat(weight.sparsity()).hasToString(sparsity);
            assertThat(weight.dtype()).isEqualTo(dtype);
            assertThat(weight.toFloats()).containsExactly(before.weight().toFloats());
            assertThat(after.bias()).isSameAs(before.bias());
        }
    }
}
