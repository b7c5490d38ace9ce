package dev.filigree.runtime.kernel.cuda;

import java.util.List;

/**
 * A tile shape of the linear kernels: {@code linear_shapes.h} in Java, which a test compares with it.
 *
 * @param name the kernel is {@code linear_sparse_<name>}, {@code linear_dense_<name>}, or the same with {@code linear_int8}
 * @param rows outputs computed by one thread block
 * @param tokens tokens computed by one thread block
 * @param threads of a block
 * @param chunks chunks of 64 inputs, in int8 128, in one pipeline stage
 * @param wgmma whether it runs on sm_90 alone
 */
record LinearShape(String name, int rows, int tokens, int threads, int chunks, boolean wgmma) {
    /** Blocks that may share out the inputs of one layer. */
    static final int MAX_SPLITS = 8;

    private static final int SHARED_BUDGET = 106 * 1024;
    private static final int INT8_SHARED_BUDGET = 102 * 1024;
    private static final int MMA_SHARED_BUDGET = 99 * 1024;
    private static final int MAX_STAGES = 6;
    private static final int MAX_STAGES_OF_HALF_BLOCKS = 12;
    private static final int BARRIER_BYTES = 256;
    /** Threads of a wgmma kernel that multiply. */
    private static final int MULTIPLIERS = 256;

    /** Every shape, in the order of the header. */
    static final List<LinearShape> ALL = List.of(
            mma("32x16", 1, 1, 4, 2),
            mma("64x32", 2, 1, 4, 4),
            mma("64x64", 2, 2, 2, 4),
            mma("128x128", 4, 2, 1, 8),
            wgmma("wg64x32", 64, 32),
            wgmma("wg64x64", 64, 64),
            wgmma("wg128x16", 128, 16),
            wgmma("wg128x32", 128, 32),
            wgmma("wg128x64", 128, 64),
            wgmma("wg128x128", 128, 128));

    private static LinearShape mma(String name, int warpsByRows, int warpsByTokens, int warpsByInputs, int eights) {
        int threads = warpsByRows * warpsByTokens * warpsByInputs * 32;
        return new LinearShape(name, warpsByRows * 32, warpsByTokens * eights * 8, threads, warpsByInputs, false);
    }

    private static LinearShape wgmma(String name, int rows, int tokens) {
        int feeding = rows * tokens < 128 * 64 ? 32 : 0;
        return new LinearShape(name, rows, tokens, MULTIPLIERS + feeding, 1, true);
    }

    static LinearShape named(String name) {
        return ALL.stream().filter(shape -> shape.name.equals(name)).findFirst().orElseThrow();
    }

    /** The kernel's entry point. */
    String kernel(boolean sparse, boolean int8) {
        return (int8 ? "linear_int8_" : "linear_") + (sparse ? "sparse_" : "dense_") + name;
    }

    /** Dynamic shared memory of a block, in bytes. */
    int sharedBytes(boolean sparse, boolean int8) {
        int beside = wgmma ? receiveBytes() + BARRIER_BYTES + tokens * (int8 ? 88 : 80) : 0;
        return stages(sparse, int8) * stageBytes(sparse, int8) + beside;
    }

    /** Blocks that may share out the inputs in a cluster. */
    int maxSplits() {
        if (halfBlocks()) {
            return 1;
        }
        return !wgmma || tokens <= 32 ? MAX_SPLITS : 4;
    }

    private int stages(boolean sparse, boolean int8) {
        int budget = wgmma ? (int8 ? INT8_SHARED_BUDGET : SHARED_BUDGET) - receiveBytes() : MMA_SHARED_BUDGET;
        int fit = budget / stageBytes(sparse, int8);
        return halfBlocks() ? Math.min(fit / 2 * 2, MAX_STAGES_OF_HALF_BLOCKS) : Math.clamp(fit, 2, MAX_STAGES);
    }

    /** Whether a block computes half of a block of weights' rows, its two warpgroups sharing the inputs out. */
    private boolean halfBlocks() {
        return wgmma && rows < DeviceLayout.BLOCK_ROWS;
    }

    private int stageBytes(boolean sparse, boolean int8) {
        return chunks * (rows / 16 * DeviceLayout.tileBytes(sparse, int8) + tokens * DeviceLayout.TOKEN_ROW_BYTES);
    }

    private int receiveBytes() {
        return wgmma && !halfBlocks() && tokens <= 64 ? 28 * 1024 : 0;
    }
}
