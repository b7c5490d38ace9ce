package dev.filigree.runtime.kernel.nativecode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * Memory for a model's weights, in pieces that the operating system is asked to back with large pages: a short text passes over all
 * weights in a fraction of a millisecond, of which looking up a page for every 4 KB would take a good part. Used by one thread until the
 * model is laid out.
 */
final class WeightArena implements Arena {
    /** A large page of x86-64, and the least that is taken at once. */
    private static final long PIECE_BYTES = 2 << 20;

    private final Arena arena = Arena.ofShared();
    private final NativeKernels kernels;
    private SegmentAllocator piece = SegmentAllocator.slicingAllocator(MemorySegment.NULL);
    private long left;

    WeightArena(NativeKernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        // What may be lost to the alignment counts too.
        long needed = bytes + alignment - 1;
        if (needed > left) {
            left = Math.ceilDiv(needed, PIECE_BYTES) * PIECE_BYTES;
            piece = SegmentAllocator.slicingAllocator(kernels.mapPages(left, arena));
        }
        left -= needed;
        return piece.allocate(bytes, alignment);
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    @Override
    public void close() {
        arena.close();
    }
}
