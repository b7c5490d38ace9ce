package dev.filigree.runtime.kernel.cuda;

import java.lang.foreign.MemorySegment;

/**
 * Memory of one forward pass at a time, for up to so many tokens and sequences. Activations are fp16 in the order of {@code layout.h}.
 *
 * @param tokens room
 * @param sequences room
 * @param stagedInputs {@link Inputs} in pinned host memory
 * @param inputs the same on the device
 * @param states hidden states, the residual stream
 * @param statistics of their norm, where norms are folded
 * @param middle hidden states after attention
 * @param middleStatistics of their norm, where norms are folded
 * @param queryKeyValue queries, keys and values
 * @param context what attention found
 * @param inner activations of the feed-forward layer
 * @param partialSums of mma kernels that share out their inputs, fp32
 * @param codes in int8: what a linear layer reads
 * @param codeScales in int8: of each token's codes, fp32
 * @param pooled a vector a sequence, fp32
 * @param result logits in pinned host memory, into which the last kernel writes, fp32 {@code [sequences, labels]}
 */
record Buffers(
        int tokens,
        int sequences,
        MemorySegment stagedInputs,
        long inputs,
        long states,
        long statistics,
        long middle,
        long middleStatistics,
        long queryKeyValue,
        long context,
        long inner,
        long partialSums,
        long codes,
        long codeScales,
        long pooled,
        MemorySegment result) {
    /** No room at all. */
    static final Buffers NONE = new Buffers(0, 0, MemorySegment.NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, MemorySegment.NULL);

    /**
     * Takes the memory; the context is current.
     *
     * @param resources free it
     * @throws CudaException when there is not so much; what was taken is with the resources
     */
    static Buffers allocate(Driver driver, DeviceModel model, int tokens, int sequences, Resources resources) {
        DeviceArena arena = new DeviceArena(driver, resources);
        int hidden = model.shape().hidden();
        int intermediate = model.shape().intermediate();
        int stride = LaunchPlan.paddedTokens(tokens);
        long codeBytes = model.hasInt8() ? DeviceLayout.codeBytes(Math.max(hidden, intermediate), stride) : 0;
        long row = 2L * stride;
        long inputBytes = Inputs.bytes(new Bucket(tokens, sequences, tokens));
        MemorySegment staged = driver.allocateHost(inputBytes);
        resources.add(() -> driver.freeHost(staged));
        MemorySegment result = driver.allocateHost((long) Float.BYTES * sequences * model.head().labels());
        resources.add(() -> driver.freeHost(result));
        long statistics = DeviceLayout.statisticsBytes(hidden, stride);
        return new Buffers(tokens, sequences, staged, arena.allocate(inputBytes), arena.allocate(row * hidden),
                arena.allocate(statistics), arena.allocate(row * hidden), arena.allocate(statistics),
                arena.allocate(3 * row * hidden), arena.allocate(row * hidden), arena.allocate(row * intermediate),
                arena.allocate(partialSums(model, tokens)), arena.allocate(codeBytes), arena.allocate((long) Float.BYTES * stride),
                arena.allocate((long) Float.BYTES * sequences * hidden), result);
    }

    /** About the device memory they take, in bytes. */
    static long bytes(int hidden, int intermediate, int tokens, boolean int8) {
        long row = 2 * (6L * hidden + intermediate) + (int8 ? Math.max(hidden, intermediate) : 0);
        return LaunchPlan.paddedTokens(tokens) * row;
    }

    /** Address of the logits, for host and device. */
    long logits() {
        return result.address();
    }

    /** The largest partial sums of any number of tokens up to this: fewer tokens are split more. */
    private static long partialSums(DeviceModel model, int tokens) {
        long largest = 0;
        int hidden = model.shape().hidden();
        for (int some = 16; !model.foldsNorms() && some <= tokens; some += 16) {
            int splits = Math.max(LaunchPlan.mma(hidden, hidden, some, true).splits(),
                    LaunchPlan.mma(hidden, model.shape().intermediate(), some, true).splits());
            largest = Math.max(largest, (long) Float.BYTES * LaunchPlan.paddedTokens(some) * hidden * splits);
        }
        return largest;
    }
}
