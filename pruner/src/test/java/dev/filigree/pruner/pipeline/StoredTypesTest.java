package dev.filigree.pruner.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import org.junit.jupiter.api.Test;

class StoredTypesTest {
    @Test
    void wordsTakeFourBitsBesideEightBitWeightsOnly() {
        assertThat(StoredTypes.of(DType.INT8)).isEqualTo(new StoredTypes(DType.INT8, DType.INT4));
        assertThat(StoredTypes.of(DType.FP16)).isEqualTo(new StoredTypes(DType.FP16, DType.FP16));
        assertThat(StoredTypes.FP32).isEqualTo(new StoredTypes(DType.FP32, DType.FP32));
    }

    @Test
    void fourBitsAreForDenseLinears() {
        assertThatThrownBy(() -> StoredTypes.of(DType.INT4).requireFits(SparsityPlan.parse("2:4@16")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("choose INT8");
        assertThatCode(() -> StoredTypes.of(DType.INT4).requireFits(SparsityPlan.DENSE)).doesNotThrowAnyException();
    }
}
