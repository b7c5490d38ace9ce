package dev.filigree.format;

/** The largest sizes a reader accepts: far above any real encoder, and low enough that a hostile file cannot ask for much. */
final class Limits {
    /** Bytes of the manifest; BERT-base takes about 20 KB. */
    static final int MANIFEST_BYTES = 4 << 20;
    /** Messages within messages in the manifest; the schema has six. */
    static final int MANIFEST_DEPTH = 16;
    /** Payloads of one file; BERT-base has about 400. */
    static final int PAYLOADS = 1 << 16;
    /** Rows or columns of a matrix. */
    static final int DIMENSION = 1 << 24;
    /** Weights of a matrix, pruned ones included: what one Java array can hold. */
    static final long WEIGHTS = Integer.MAX_VALUE - 8;

    private Limits() {}
}
