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
    private static final int RESIDENT_BLOCKS = 2 * 132;

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
        if (stride <= 32) {
            return fewTokens(rowBlocks, chunks, stride);
        }
        int squares = rowBlocks * stride / 128;
        if (squares >= 140) {
            return whole("wg128x128");
        }
        boolean longSum = chunks >= 36;
        if (chunks >= 16) {
            return squares >= (longSum ? 24 : 60) ? split("wg128x64", rowBlocks, stride, chunks / 12, 200)
                    : split("wg128x32", rowBlocks, stride, chunks / 6, stride <= 128 ? 132 : 200);
        }
        if (squares >= 60) {
            return whole("wg128x64");
        }
        return whole(chunks < 12 ? "wg128x32" : squares >= 20 ? "wg64x64" : "wg64x32");
    }

    private static LaunchPlan whole(String shape) {
        return new LaunchPlan(LinearShape.named(shape), 1);
    }

    /** As many splits, up to {@code most}, as leave no more than {@code room} blocks. */
    private static LaunchPlan split(String name, int rowBlocks, int stride, int most, int room) {
        LinearShape shape = LinearShape.named(name);
        int fit = room / (rowBlocks * (stride / shape.tokens()));
        return new LaunchPlan(shape, Math.clamp(fit, 1, Math.max(1, Math.min(most, shape.maxSplits()))));
    }

    private static LaunchPlan fewTokens(int rowBlocks, int chunks, int stride) {
        for (String name : List.of("wg128x32", "wg128x16")) {
            LinearShape shape = LinearShape.named(name);
            if (stride % shape.tokens() != 0) {
                continue;
            }
            int blocks = rowBlocks * (stride / shape.tokens());
            int worth = shape.tokens() == 32 ? (chunks + 4) / 4 : chunks <= 6 ? 3 : chunks / 3;
            int splits = Math.clamp(110 / blocks, 1, Math.min(worth, shape.maxSplits()));
            if (blocks * splits >= 80 || shape.tokens() == 16) {
                return new LaunchPlan(shape, splits);
            }
        }
        throw new AssertionError("Rows of tokens are multiples of 16.");
    }

    /** Blocks of a wgmma kernel but for splits: no more than an H100 has room for, each taking several tiles. */
    int blocks(int rows, int tokens) {
        int tiles = DeviceLayout.paddedRows(rows) / shape.rows() * Math.ceilDiv(tokens, shape.tokens());
        return splits == 1 && shape.rows() == DeviceLayout.BLOCK_ROWS ? Math.min(tiles, RESIDENT_BLOCKS) : tiles;
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

    /** Dynamic shared memory of a block of attention, in bytes: on an H100 so much that few blocks spread over the multiprocessors. */
    static int attentionSharedBytes(boolean wide, int blocks, boolean h100) {
        if (h100 && blocks <= RESIDENT_BLOCKS) {
            return 112 * 1024;
        }
        return wide ? 64 * 128 + 4 * 64 * 128 : 16 * 128 + 4 * 128 * 128;
    }

    /** Warps, one a token, of a LayerNorm's block: single ones while that spreads the tokens over more multiprocessors. */
    static int normWarps(int tokens) {
        return tokens <= 1024 ? 1 : 4;
    }
}
