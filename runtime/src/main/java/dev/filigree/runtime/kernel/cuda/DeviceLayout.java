package dev.filigree.runtime.kernel.cuda;

/** Where numbers lie on the device: the parts of {@code layout.h} that a host needs. */
final class DeviceLayout {
    /** Rows of a block of weights. */
    static final int BLOCK_ROWS = 128;
    /** Inputs of a block of weights in fp16; also features of a block of activations. In int8 they are twice as many. */
    static final int BLOCK_INPUTS = 64;
    /** Bytes of a token in a block of activations. */
    static final int TOKEN_ROW_BYTES = 128;
    private static final int SPARSE_TILE_BYTES = 1024;
    private static final int DENSE_TILE_BYTES = 2048;

    private DeviceLayout() {}

    /** Rows rounded up to whole blocks. */
    static int paddedRows(int rows) {
        return Math.ceilDiv(rows, BLOCK_ROWS) * BLOCK_ROWS;
    }

    /** Blocks that hold so many inputs or features. */
    static int chunks(int features, boolean int8) {
        return Math.ceilDiv(features, int8 ? 2 * BLOCK_INPUTS : BLOCK_INPUTS);
    }

    /** Bytes of 16 rows by the inputs of a block; with their metadata where two of every four are kept. */
    static int tileBytes(boolean sparse, boolean int8) {
        return sparse ? SPARSE_TILE_BYTES + (int8 ? 256 : 128) : DENSE_TILE_BYTES;
    }

    /** Bytes of activations of so many features in int8. */
    static long codeBytes(int features, int stride) {
        return (long) TOKEN_ROW_BYTES * chunks(features, true) * stride;
    }

    /** Bytes of a folded norm's statistics: for each token a pair of floats for every 64 of the padded features. */
    static long statisticsBytes(int features, int stride) {
        return 8L * (paddedRows(features) / 64) * stride;
    }

    /** Bytes of a weight matrix in the tensor cores' order. */
    static long weightBytes(int rows, int inputs, boolean sparse, boolean int8) {
        long blocks = (long) (paddedRows(rows) / BLOCK_ROWS) * chunks(inputs, int8);
        return blocks * (BLOCK_ROWS / 16) * tileBytes(sparse, int8);
    }

    /** Place, in halves, of one feature of one token in activations whose rows are {@code stride} tokens apart. */
    static long activation(int feature, int token, int stride) {
        return ((long) (feature >> 6) * stride + token) * 64 + (((feature >> 3 & 7) ^ (token & 7)) << 3) + (feature & 7);
    }
}
