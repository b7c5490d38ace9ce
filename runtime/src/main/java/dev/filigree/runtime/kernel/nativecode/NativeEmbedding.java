package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.format.DType;
import dev.filigree.format.DenseMatrix;
import dev.filigree.format.Embeddings;
import dev.filigree.format.Matrix;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * The embeddings of tokens. Words stay in the file's memory, of which a call touches a few rows: these are copied, so that a file that is
 * cut short under its reader fails in Java and not in C.
 */
final class NativeEmbedding {
    private final NativeKernels kernels;
    private final DenseMatrix words;
    private final int rowBytes;
    private final int scaleBytes;
    private final MemorySegment embedding;

    NativeEmbedding(Embeddings embeddings, NativeKernels kernels, Arena arena) {
        this.kernels = kernels;
        words = dense(embeddings.word());
        rowBytes = (int) words.dtype().rowBytes(words.columns());
        scaleBytes = (int) (words.scales().byteSize() / words.rows());
        embedding = new Struct()
                .with(words.columns())
                .with(words.dtype().ordinal())
                .with(rowBytes)
                .with(scaleBytes)
                .with(floats(embeddings.position(), arena))
                .with(floats(embeddings.tokenType(), arena))
                .allocate(arena);
    }

    /** A matrix in fp32. Codes become numbers in C, which in a new JVM is sooner done. */
    private static MemorySegment floats(Matrix matrix, Arena arena) {
        if (!(matrix instanceof DenseMatrix dense) || dense.dtype() != DType.INT8) {
            return Memory.of(arena, matrix.toFloats());
        }
        MemorySegment floats = Memory.floats(arena, (long) dense.rows() * dense.columns());
        try (Arena own = Arena.ofConfined()) {
            MemorySegment codes = Memory.bytes(own, dense.values().byteSize()).copyFrom(dense.values());
            MemorySegment scales = Memory.bytes(own, dense.scales().byteSize()).copyFrom(dense.scales());
            NativeCalls.scaleRows(codes.address(), scales.address(), dense.rows(), dense.columns(), floats.address());
        }
        return floats;
    }

    private static DenseMatrix dense(Matrix matrix) {
        return matrix instanceof DenseMatrix dense
                ? dense
                : DenseMatrix.of(matrix.toFloats(), matrix.rows(), matrix.columns(), DType.FP32);
    }

    /** Bytes of room that a token needs in {@link Words}. */
    int tokenBytes() {
        return rowBytes + scaleBytes;
    }

    /**
     * Room for the stored words of a call.
     *
     * @param rows and the scales behind all of them
     * @param places a position and a type for each token
     * @param placesBuffer the same memory
     */
    record Words(MemorySegment rows, MemorySegment places, IntBuffer placesBuffer) {
        static Words allocate(Arena arena, long tokens, int tokenBytes) {
            MemorySegment places = Memory.bytes(arena, tokens * 2 * Integer.BYTES);
            return new Words(
                    Memory.bytes(arena, tokens * tokenBytes), places,
                    places.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer());
        }
    }

    /** Computes the panels {@code [from, to)} of {@code states}. */
    void apply(TokenBatch batch, Words room, MemorySegment states, int from, int to) {
        MemorySegment scales = room.rows().asSlice((long) batch.tokens() * rowBytes);
        int sequence = 0;
        for (int token = from * Panels.WIDTH; token < Math.min(batch.tokens(), to * Panels.WIDTH); token++) {
            while (batch.offsets()[sequence + 1] <= token) {
                sequence++;
            }
            long word = batch.ids()[token];
            MemorySegment.copy(words.values(), word * rowBytes, room.rows(), (long) token * rowBytes, rowBytes);
            MemorySegment.copy(words.scales(), word * scaleBytes, scales, (long) token * scaleBytes, scaleBytes);
            room.placesBuffer().put(2 * token, token - batch.offsets()[sequence]);
            room.placesBuffer().put(2 * token + 1, batch.types()[token]);
        }
        kernels.embed(embedding, room.rows(), scales, room.places(), states, batch.tokens(), from, to);
    }
}
