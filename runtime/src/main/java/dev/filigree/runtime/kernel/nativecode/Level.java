package dev.filigree.runtime.kernel.nativecode;

import java.util.List;
import java.util.Optional;

/**
 * A set of kernels and what they want their weights to look like; {@code filigree.h} has the layouts.
 *
 * @param name the end of its functions' names
 * @param tile the most rows a tile of weights may have
 * @param codes how it multiplies INT8 weights
 * @param onePanel the level whose kernel takes its place for some INT8 weights and a single panel of tokens, with the same codes of
 *     activations and the same results bit for bit; {@link NativeLinear} chooses
 */
record Level(String name, int tile, Codes codes, Optional<Level> onePanel) {
    static final Level AVX2 = new Level("avx2", 4, Codes.PAIRS, Optional.empty());
    static final Level AVX512 = new Level("avx512", 16, Codes.PAIRS, Optional.empty());
    static final Level VNNI = new Level("vnni", 16, Codes.QUADS, Optional.empty());
    static final Level AMX = new Level("amx", 16, Codes.TILES, Optional.of(VNNI));

    /** Each includes those before it, as {@code fg_level} counts them. */
    static final List<Level> ALL = List.of(AVX2, AVX512, VNNI, AMX);

    /** Layouts of INT8 weights. */
    enum Codes {
        /** 16-bit codes of activations: {@link PackedMatrix}. */
        PAIRS,
        /** 8-bit codes, four at a time: {@link QuadMatrix}. */
        QUADS,
        /** 8-bit codes in tiles: {@link TileMatrix}. */
        TILES
    }
}
