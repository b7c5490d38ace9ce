package dev.filigree.runtime.kernel.nativecode;

import java.lang.foreign.MemorySegment;

/**
 * A weight as the kernels of a level read it.
 *
 * @param matrix the C struct
 * @param int8 whether it meets codes of activations instead of fp32
 * @param blocks what workers share out among them
 * @param limit the largest code its activations may have; 0 for fp32
 * @param scratchBytes what a worker needs beside it
 */
record NativeWeight(MemorySegment matrix, boolean int8, int blocks, int limit, long scratchBytes) {}
