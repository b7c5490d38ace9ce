package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.pytorch.jni.JniUtils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TorchEngineTest {
    @AfterEach
    void backToOneThread() {
        Tiny.engine();
    }

    @Test
    void setsThreads() {
        assertThat(TorchEngine.start(2).threads()).isEqualTo(2);
        assertThat(JniUtils.getNumThreads()).isEqualTo(2);
        assertThat(TorchEngine.start(1).threads()).isEqualTo(1);
        assertThat(JniUtils.getNumThreads()).isEqualTo(1);
        assertThat(JniUtils.getNumInteropThreads()).isEqualTo(1);
    }

    @Test
    void refusesNoThreads() {
        assertThatIllegalArgumentException().isThrownBy(() -> TorchEngine.start(0)).withMessageContaining("not 0");
    }
}
