package dev.filigree.runtime.kernel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.filigree.format.DType;
import dev.filigree.format.EncoderShape;
import dev.filigree.format.Model;
import dev.filigree.format.Pooling;
import dev.filigree.format.Sparsity;
import dev.filigree.runtime.kernel.EncoderProgram;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.vector.Models;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call of the driver made to fail, in every place it comes from. */
class DriverFailuresTest {
    private static final EncoderShape SHAPE = new EncoderShape(64, 1, 1, 64, 20, 80, 2, 1e-12f);
    private static final Model MODEL = Models.model(SHAPE, Pooling.MEAN, 2, DType.FP32, List.of(Sparsity.parse("2:4@1")), 1);
    private static final TokenBatch SMALL = Models.batch(SHAPE, 2, 5, 3);
    private static final TokenBatch LARGE = Models.batch(SHAPE, 3, 17, 1, 2);
    private static final Limits LIMITS = new Limits(2, 128, 16, 2, 1);
    private static final int ILLEGAL_ADDRESS = 700;

    private StandIn gpu;

    @BeforeEach
    void reset() {
        gpu = StandIn.fresh();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain",
        "cuMemGetInfo_v2", "cuMemAlloc_v2", "cuMemHostAlloc", "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2",
        "cuModuleLoadData", "cuModuleGetFunction", "cuFuncSetAttribute", "cuLaunchKernelEx", "cuStreamCreate", "cuStreamQuery",
        "cuStreamSynchronize", "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuGraphInstantiateWithFlags", "cuGraphLaunch",
    })
    void leaveNothingBehind(String function) {
        int failures = 0;
        // Every allocation; of the many other calls the first ones and then ever fewer.
        for (int n = 1; fails(function, n); n += function.contains("Alloc") ? 1 : n) {
            failures++;
            gpu.assertNothingLeaked();
        }
        assertThat(failures).as("calls that were made to fail").isPositive();
        gpu.assertNothingLeaked();
    }

    /** What frees fails too: the thing itself may then stay, but everything else is freed and the failure is told. */
    @ParameterizedTest
    @ValueSource(strings = {
        "cuCtxPopCurrent_v2", "cuMemFree_v2", "cuMemFreeHost", "cuModuleUnload", "cuStreamDestroy_v2", "cuGraphDestroy",
        "cuGraphExecDestroy", "cuDevicePrimaryCtxRelease_v2",
    })
    void areToldWhenFreeing(String function) {
        int failures = 0;
        for (int n = 1; fails(function, n); n *= 2) {
            failures++;
            assertThat(gpu.counter("modules") + gpu.counter("streams") + gpu.counter("graphs") + gpu.counter("executables")
                    + gpu.counter("device_allocations") + (gpu.counter("pinned_bytes") > 0 ? 1 : 0)).isLessThanOrEqualTo(1);
            reset();
        }
        assertThat(failures).isPositive();
    }

    /** Without a context nothing can be freed at the end; before it, a call that gets none is only refused. */
    @Test
    void aContextThatCannotBeEnteredIsTold() {
        gpu.fail("cuCtxPushCurrent_v2", ILLEGAL_ADDRESS, 1);
        assertThatThrownBy(() -> gpu.provider(LIMITS).load(MODEL, 1)).isInstanceOf(ProviderRefusedException.class);
        gpu.assertNothingLeaked();
        try (EncoderProgram program = gpu.provider(LIMITS).load(MODEL, 1)) {
            gpu.fail("cuCtxPushCurrent_v2", ILLEGAL_ADDRESS, 1);
            assertThat(fails("cuCtxPushCurrent_v2", () -> program.logits(SMALL))).isTrue();
            assertThat(program.logits(SMALL)).hasSize(4);
        }
        gpu.assertNothingLeaked();
    }

    /** A whole life in which the n-th call of a function fails, if there are so many; whether it was told. */
    private boolean fails(String function, int n) {
        gpu.fail(function, ILLEGAL_ADDRESS, n);
        EncoderProgram program;
        try {
            program = gpu.provider(LIMITS).load(MODEL, 1);
        } catch (ProviderRefusedException e) {
            assertThat(e).hasMessageContaining(function + " failed with CUDA_ERROR_ILLEGAL_ADDRESS");
            return true;
        }
        boolean told = false;
        try (program) {
            told |= fails(function, () -> program.logits(SMALL));
            told |= fails(function, () -> program.logits(LARGE));
            told |= fails(function, () -> program.hiddenStates(SMALL));
            told |= fails(function, () -> {
                try (EncoderProgram.Pending pending = program.begin(LARGE)) {
                    pending.outputs();
                }
            });
            // Once the fault is past, calls are answered again.
            assertThat(told ? program.logits(SMALL) : new float[4]).hasSize(4);
        } catch (CudaException e) {
            assertThat(e).hasMessageContaining(function);
            return true;
        }
        return told;
    }

    private static boolean fails(String function, Runnable call) {
        try {
            call.run();
            return false;
        } catch (CudaException e) {
            assertThat(e).hasMessageContaining(function + " failed with CUDA_ERROR_ILLEGAL_ADDRESS");
            return true;
        }
    }

    @Test
    void outOfMemoryForALargeBatchLeavesSmallOnesRunning() {
        try (EncoderProgram program = gpu.provider(LIMITS).load(MODEL, 1)) {
            float[] before = program.logits(SMALL);
            gpu.fail("cuMemAlloc_v2", CudaException.OUT_OF_MEMORY, 1);
            assertThatThrownBy(() -> program.logits(LARGE)).isInstanceOf(CudaException.class).hasMessageContaining("out of memory");
            assertThat(program.logits(SMALL)).isEqualTo(before);
            assertThat(program.logits(LARGE)).hasSize(6);
        }
        gpu.assertNothingLeaked();
    }
}
