package dev.filigree.pruner.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.pytorch.jni.JniUtils;
import dev.filigree.pruner.pattern.Parallel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TorchEngineTest {
    @AfterEach
    void backToOneThread() {
        Tiny.engine();
    }

    @Test
    void setsThreadsOfPyTorchAndOfJava() throws InterruptedException {
        TorchEngine.start(2);
        assertThat(JniUtils.getNumThreads()).isEqualTo(2);
        TorchEngine.start(1);
        assertThat(JniUtils.getNumThreads()).isEqualTo(1);
        assertThat(JniUtils.getNumInteropThreads()).isEqualTo(1);
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        Parallel.forEach(1000, i -> workers.add(Thread.currentThread()));
        assertThat(workers).containsExactly(Thread.currentThread());
    }

    @Test
    void refusesNoThreads() {
        assertThatIllegalArgumentException().isThrownBy(() -> TorchEngine.start(0)).withMessageContaining("not 0");
    }
}
