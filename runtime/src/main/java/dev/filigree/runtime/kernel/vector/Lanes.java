package dev.filigree.runtime.kernel.vector;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vectors that the kernels work with. The first class to touch the incubator module: load it only where that is resolved. */
final class Lanes {
    /** The species; at most a panel wide, 512 bits. */
    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > Panels.WIDTH ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
    /** Tokens in a vector. */
    static final int COUNT = SPECIES.length();
    /** Tokens in a register tile: two vectors, or one where it holds a panel; divides {@link Panels#WIDTH}. */
    static final int TILE = Math.min(2 * COUNT, Panels.WIDTH);
    /** Vectors across a register tile. */
    static final int VECTORS = TILE / COUNT;
    /** Where a tile's last vector starts, which is its second or its only one. */
    static final int LAST = TILE - COUNT;
    /** Rows of a register tile: it has eight sums, which hide what a multiply-add takes and leave registers for what is multiplied. */
    static final int ROWS = 8 / VECTORS;

    private static final VectorSpecies<Integer> BITS = SPECIES.withLanes(int.class);

    private Lanes() {}

    /** Width in bits of the vectors that this VM compiles to SIMD instructions; 64 where it compiles none. */
    static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }

    static FloatVector load(float[] array, int index) {
        return FloatVector.fromArray(SPECIES, array, index);
    }

    /**
     * The value in each lane. Where a vector holds a panel, by its bits: Zen 4 fills 512 bits from memory with an integer in one step,
     * with a float in two. Elsewhere not, since it takes longer to be compiled.
     */
    static FloatVector broadcast(float value) {
        return VECTORS == 1
                ? IntVector.broadcast(BITS, Float.floatToRawIntBits(value)).reinterpretAsFloats()
                : FloatVector.broadcast(SPECIES, value);
    }
}
