package dev.filigree.runtime.kernel.nativecode;

/**
 * The calls into C of {@code java.c}, which has one for each kind of function: the argument {@code function} is its address, pointers are
 * addresses of memory that stays open meanwhile. Nothing is checked. They are there once {@link NativeLibrary} has loaded the library.
 */
final class NativeCalls {
    private NativeCalls() {}

    /** So many bytes of zeroed memory on a cache line of their own; 0 when there are none. */
    static native long allocate(long bytes);

    static native void free(long address);

    /**
     * {@code fg_lay_pairs}.
     *
     * @return the largest sum of the magnitudes of a row's codes
     */
    static native int layPairs(long stored, long laid, int rows, int kept, int blockRows, int tile);

    /** {@code fg_lay_quads}. */
    static native void layQuads(long stored, long laid, int rows, int kept, int blockRows, int tile);

    /** {@code fg_lay_paired_tiles}. */
    static native void layPairedTiles(long stored, long laid, int rows, int kept, int depth);

    /** {@code fg_sum_rows}. */
    static native void sumRows(long stored, long sums, int rows, int kept);

    /**
     * {@code fg_list_inputs}.
     *
     * @return 0 when a number or a pattern is wrong
     */
    static native int listInputs(
            long ids, int width, long patterns, int count, int m, int kept, int blocks, int groups, long inputs);

    /** {@code fg_scale_rows}. */
    static native void scaleRows(long codes, long scales, int rows, int columns, long values);

    static native int level(long function);

    static native void linearF32(long function, long matrix, long x, long y, int tokens, int from, int to, int epilogue);

    static native void linearS8(
            long function, long matrix, long codes, long steps, long y, int tokens, int from, int to, int epilogue, long scratch);

    static native void quantise(long function, long x, long codes, long steps, int features, float limit, int from, int to);

    static native void embed(
            long function, long embedding, long rows, long scales, long places, long x, int tokens, int from, int to);

    static native void pool(long function, long x, long offsets, int features, int firstOnly, long pooled, int sequences);

    static native void tanh(long function, long x, int features, int panels);

    static native void layerNorm(long function, long x, long gamma, long beta, int features, float epsilon, int from, int to);

    static native void attention(
            long function, long q, long k, long v, long out, long queryOffsets, long keyOffsets, int heads, int width, int pitch,
            int from, int to, long scratch);

    static native long attentionScratch(long function, int keys, int width);
}
