package dev.filigree.runtime.kernel.cuda;

import java.util.List;

/**
 * Which kernel a linear layer gets, and how the kernels are spread over the device: {@code launch_plan.h} in Java, with its measured
 * thresholds; a test compares the two.
 *
 * @param shape of the tiles
 * @param splits blocks that share out the inputs: mma kernels leave partial sums, wgmma kernels add them in a cluster
 */
record LaunchPlan(LinearShape shape, int splits) {
    /** Tokens from one row of a buffer to the next: the next multiple of the largest tile that so many tokens use. */
    static int paddedTokens(int tokens) {
        int unit = tokens > 512 ? 256 : tokens > 64 ? 128 : tokens > 32 ? 64 : tokens > 16 ? 32 : 16;
        return Math.ceilDiv(tokens, unit) * unit;
    }

    /**
     * The plan on the mma kernels, for any architecture.
     *
     * @param maySplit whether a LayerNorm follows that can add partial sums
     */
    static LaunchPlan mma(int rows, int inputs, int tokens, boolean maySplit) {
        int stride = paddedTokens(tokens);
        LinearShape shape = LinearShape.named(stride <= 64 ? "32x16" : stride <= 128 ? "64x32" : stride <= 512 ? "64x64" : "128x128");
        int blocks = Math.ceilDiv(rows, shape.rows()) * (stride / shape.tokens());
        int splits = 1;
        while (maySplit && splits < LinearShape.MAX_SPLITS && blocks * splits < 96
                && inputs / DeviceLayout.BLOCK_INPUTS / (splits + 1) >= shape.chunks()) {
            splits++;
        }
        return new LaunchPlan(shape, splits);
    }

    /** The plan on the wgmma kernels with folded norms, for sm_90. */
    static LaunchPlan wgmma(int rows, int inputs, int tokens) {
        int stride = paddedTokens(tokens);
        int rowBlocks = DeviceLayout.paddedRows(rows) / DeviceLayout.BLOCK_ROWS;
        int chunks = inputs / DeviceLayout.BLOCK_INPUTS;
        return stride <= 128 ? fewTokens(rowBlocks, chunks, stride) : manyTokens(rowBlocks, chunks, stride);
    }

    private static LaunchPlan fewTokens(int rowBlocks, int chunks, int stride) {
        for (String name : List.of("wg128x64", "wg128x32", "wg128x16")) {
            LinearShape shape = LinearShape.named(name);
            if (stride % shape.tokens() != 0) {
                continue;
            }
            int blocks = rowBlocks * (stride / shape.tokens());
            int worth = shape.tokens() == 16 ? (chunks + 3) / 3 : (chunks + 4) / 4;
            int splits = Math.clamp(110 / blocks, 1, Math.min(worth, shape.maxSplits()));
            if (blocks * splits >= 70 || shape.tokens() == 16) {
                return new LaunchPlan(shape, splits);
            }
        }
        throw new AssertionError("Rows of tokens are multiples of 16.");
    }

    private static LaunchPlan manyTokens(int rowBlocks, int chunks, int stride) {
        boolean shortSum = chunks <= 6;
        int area = rowBlocks * stride;
        String name = "wg128x16";
        if (area >= 140 * 128 && rowBlocks >= 6) {
            name = "wg128x128";
        } else if (area >= (shortSum ? 140 : 40) * 64) {
            name = "wg128x64";
        } else if (area >= (shortSum ? 36 : 12) * 32) {
            name = "wg128x32";
        }
        LinearShape shape = LinearShape.named(name);
        int blocks = rowBlocks * (stride / shape.tokens());
        int splits = 1;
        while (splits < shape.maxSplits() && splits < (chunks + 3) / 3 && blocks * (splits + 1) <= 200) {
            splits++;
        }
        return new LaunchPlan(shape, splits);
    }

    /** Whether attention takes 64 queries a block. */
    static boolean wideAttention(int sequences, int longest, int hidden) {
        int blocks = sequences * Math.ceilDiv(longest, 64) * (hidden / 64);
        return blocks >= 90 || longest <= 64 && blocks >= 12;
    }

    /** Queries of a block of attention. */
    static int attentionQueries(boolean wide) {
        return wide ? 64 : 16;
    }

    /** Dynamic shared memory of a block of attention, in bytes. */
    static int attentionSharedBytes(boolean wide) {
        return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128;
    }

    /** Warps, one a token, of a LayerNorm's block: single ones while that spreads the tokens over more multiprocessors. */
    static int normWarps(int tokens) {
        return tokens <= 1024 ? 1 : 4;
    }
}
