package dev.filigree.runtime.kernel.cuda;

/** Where numbers lie on the device: the parts of {@code layout.h} that a host needs. */
final class DeviceLayout {
    /** Rows of a block of weights. */
    static final int BLOCK_ROWS = 128;
    /** Inputs of a block of weights; also features of a block of activations. */
    static final int BLOCK_INPUTS = 64;
    /** Bytes of 16 rows by 64 inputs, two of every four kept, with their metadata. */
    static final int SPARSE_TILE_BYTES = 1024 + 128;
    /** Bytes of 16 rows by 64 inputs. */
    static final int DENSE_TILE_BYTES = 2048;

    private DeviceLayout() {}

    /** Rows rounded up to whole blocks. */
    static int paddedRows(int rows) {
        return Math.ceilDiv(rows, BLOCK_ROWS) * BLOCK_ROWS;
    }

    /** Bytes of a folded norm's statistics: for each token a pair of floats for every 64 of the padded features. */
    static long statisticsBytes(int features, int stride) {
        return 8L * (paddedRows(features) / 64) * stride;
    }

    /** Bytes of a weight matrix in the tensor cores' order. */
    static long weightBytes(int rows, int inputs, boolean sparse) {
        long blocks = (long) (paddedRows(rows) / BLOCK_ROWS) * (inputs / BLOCK_INPUTS);
        return blocks * (BLOCK_ROWS / 16) * (sparse ? SPARSE_TILE_BYTES : DENSE_TILE_BYTES);
    }

    /** Place, in halves, of one feature of one token in activations whose rows are {@code stride} tokens apart. */
    static long activation(int feature, int token, int stride) {
        return ((long) (feature >> 6) * stride + token) * 64 + (((feature >> 3 & 7) ^ (token & 7)) << 3) + (feature & 7);
    }
}
