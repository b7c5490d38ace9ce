package dev.filigree.runtime.kernel.vector;

import dev.filigree.runtime.kernel.panel.Panels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vectors that the kernels work with. The first class to touch the incubator module: load it only where that is resolved. */
final class Lanes {
    /** The species; at most 256 bits, so that two vectors of four rows fill a register tile within one panel. */
    static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.vectorBitSize() > 256 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_PREFERRED;
    /** Tokens in a vector. */
    static final int COUNT = SPECIES.length();
    /** Tokens in a register tile, two vectors; divides {@link Panels#WIDTH}. */
    static final int TILE = 2 * COUNT;

    private Lanes() {}

    /** Width in bits of the vectors that this VM compiles to SIMD instructions; 64 where it compiles none. */
    static int preferredBits() {
        return VectorShape.preferredShape().vectorBitSize();
    }

    static FloatVector load(float[] array, int index) {
        return FloatVector.fromArray(SPECIES, array, index);
    }

    static FloatVector broadcast(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
