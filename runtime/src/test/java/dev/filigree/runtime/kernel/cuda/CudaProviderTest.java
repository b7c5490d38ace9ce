package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Head;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.KernelProvider;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.vector.Jvm;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the provider refuses and what its errors say; on the emulated GPU where one is needed. */
class CudaProviderTest {
    private static final EncoderShape SHAPE = new EncoderShape(64, 1, 1, 64, 20, 40, 2, 1e-12f);
    private static final Model MODEL = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, List.of(Sparsity.DENSE), 1);
    private static final TokenBatch BATCH = Models.batch(SHAPE, 2, 5, 3);

    @Test
    void namesWhatIsMissing() {
        StandIn gpu = StandIn.fresh();
        assertThat(new CudaProvider(() -> "libnvidia-absent.so", gpu::image, Limits.DEFAULT).refusal(MODEL)).hasValue(
                "There is no NVIDIA driver, libnvidia-absent.so cannot be opened: install the driver, or take another provider.");
        assertThat(new CudaProvider(() -> "libc.so.6", gpu::image, Limits.DEFAULT).refusal(MODEL)).hasValue(
                "The NVIDIA driver is too old, it lacks cuInit: install driver 525 or newer.");
        assertThat(new CudaProvider(gpu.library()::toString, Optional::empty, Limits.DEFAULT).refusal(MODEL)).hasValue(
                "There are no GPU kernels here: put filigree-natives beside filigree-runtime, built where nvcc of CUDA 13 is on the PATH,"
                        + " or take another provider.");
        gpu.set("devices", 0);
        assertThat(gpu.provider().refusal(MODEL).orElseThrow()).contains("cuInit", "CUDA_ERROR_NO_DEVICE", "nvidia-smi");
    }

    @Test
    void takesTheGpuItIsTold() {
        StandIn gpu = StandIn.fresh();
        gpu.set("devices", 2);
        KernelProvider second = gpu.provider().named("cuda:1").orElseThrow();
        assertThat(second.name()).isEqualTo("cuda:1");
        assertThat(second.refusal(MODEL)).isEmpty();
        assertThat(gpu.provider().named("cuda").orElseThrow().name()).isEqualTo("cuda");
        assertThat(gpu.provider().named("cuda-int8:1").orElseThrow().name()).isEqualTo("cuda-int8:1");
        assertThat(gpu.provider().named("cuda:")).isEmpty();
        assertThat(gpu.provider().named("cuda-int8:")).isEmpty();
        assertThat(gpu.provider().named("cudas")).isEmpty();
        assertThat(gpu.provider().named("cuda:2").orElseThrow().refusal(MODEL))
                .hasValue("There is no GPU 2 among the 2 that the driver sees: take cuda:0 to cuda:1.");
        try (EncoderProgram program = second.load(MODEL, 1)) {
            assertThat(gpu.counter("contexts")).as("of the first GPU, which the test holds, and of the second").isEqualTo(2);
            assertThat(program.logits(BATCH)).hasSize(4);
        }
        gpu.assertNothingLeaked();
    }

    @Test
    void int8RefusesWhatHasNone() {
        assertThat(StandIn.fresh().provider().named("cuda-int8").orElseThrow().refusal(MODEL))
                .hasValue("This model has no layer in int8: take provider cuda, which runs it in fp16.");
    }

    @Test
    void refusesAnOldGpu() {
        StandIn gpu = StandIn.fresh();
        gpu.set("architecture", 75);
        assertThat(gpu.provider().refusal(MODEL).orElseThrow()).contains("is sm_75").contains("take one of sm_80 or later");
    }

    @ParameterizedTest
    @CsvSource({
        "96, 3, 64, 'its hidden width is 96'", "1088, 17, 64, 'its hidden width is 1088'",
        "64, 1, 100, 'its feed-forward layer is 100 wide'", "64, 4, 64, 'its attention heads are 16 wide'",
    })
    void refusesWhatTheKernelsDoNotCover(int hidden, int heads, int intermediate, String reason) {
        StandIn gpu = StandIn.fresh();
        EncoderShape shape = new EncoderShape(hidden, 1, heads, intermediate, 5, 8, 1, 1e-12f);
        Model model = Models.model(shape, Pooling.MEAN, 2, DType.FP32, List.of(Sparsity.DENSE), 1);
        assertThat(gpu.provider().refusal(model).orElseThrow()).startsWith("The GPU kernels do not cover this model: " + reason);
        assertThatThrownBy(() -> gpu.provider().load(model, 1)).isInstanceOf(ProviderRefusedException.class).hasMessageContaining(reason);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000_000, 6_000_000})
    void refusesWhereMemoryIsShort(int bytes) {
        StandIn gpu = StandIn.fresh();
        gpu.set("memory", bytes);
        assertThat(gpu.provider().refusal(MODEL)).isEmpty();
        assertThatThrownBy(() -> gpu.provider().load(MODEL, 1)).isInstanceOf(ProviderRefusedException.class).hasMessageContaining("memory");
        gpu.assertNothingLeaked();
    }

    @Test
    void refusesWeightsBeyondFp16() {
        StandIn gpu = StandIn.fresh();
        float[] weights = new float[2 * 64];
        weights[70] = 1e6f;
        Head head = new Head(Pooling.MEAN, Optional.empty(), new Linear(DenseMatrix.of(weights, 2, 64, DType.FP32), new float[2]));
        Model model = new Model(SHAPE, MODEL.tokenizer(), MODEL.embeddings(), MODEL.layers(), head, MODEL.task(), MODEL.provenance(),
                MODEL.goldenExamples());
        assertThatThrownBy(() -> gpu.provider().load(model, 1))
                .isInstanceOf(ProviderRefusedException.class).hasMessageContaining("1000000.0, beyond the 65504 of fp16");
        gpu.assertNothingLeaked();
    }

    @Test
    void errorsNameTheCallTheResultAndWhatToDo() {
        StandIn gpu = StandIn.fresh();
        gpu.fail("cuMemAlloc_v2", CudaException.OUT_OF_MEMORY, 3);
        assertThatThrownBy(() -> gpu.provider().load(MODEL, 1))
                .isInstanceOf(ProviderRefusedException.class)
                .hasMessage("The GPU driver's cuMemAlloc_v2 failed with CUDA_ERROR_OUT_OF_MEMORY (out of memory): free memory on the GPU,"
                        + " take another GPU (provider cuda:1), or another provider.")
                .cause().isInstanceOfSatisfying(CudaException.class, e -> assertThat(e.result()).isEqualTo("CUDA_ERROR_OUT_OF_MEMORY"));
        gpu.assertNothingLeaked();
    }

    @Test
    void theDriverCanBeReplacedByAProperty() {
        assertThat(CudaProvider.driverLibrary()).isEqualTo("libcuda.so.1");
        System.setProperty(CudaProvider.DRIVER_PROPERTY, "/opt/libcuda.so");
        try {
            assertThat(CudaProvider.driverLibrary()).isEqualTo("/opt/libcuda.so");
        } finally {
            System.clearProperty(CudaProvider.DRIVER_PROPERTY);
        }
    }

    @Test
    void asksForNativeAccess() throws Exception {
        assertThat(Jvm.run(Asker.class)).contains("This JVM does not let the runtime call native code: start Java with"
                + " --enable-native-access=ALL-UNNAMED.");
    }

    /** Prints the refusal. */
    static final class Asker {
        private Asker() {}

        public static void main(String[] args) {
            var anyImage = Optional.ofNullable(Asker.class.getResource("CudaProviderTest.class"));
            System.out.println(new CudaProvider(() -> "none", () -> anyImage, Limits.DEFAULT).refusal(MODEL).orElse("none"));
        }
    }
}
