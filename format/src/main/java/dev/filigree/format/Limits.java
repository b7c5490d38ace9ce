package dev.filigree.format;

/** The largest sizes a reader accepts: far above any real encoder, and low enough that a hostile file cannot ask for much. */
final class Limits {
    /** Bytes of the manifest; BERT-base takes about 10 KB. */
    static final int MANIFEST_BYTES = 4 << 20;
    /** What reading the manifest of a small file may allocate, by the prices of {@link WireMessage}. */
    private static final int MANIFEST_HEAP = 1 << 17;
    /** Payloads of one file; BERT-base has about 400. */
    static final int PAYLOADS = 1 << 16;
    /** Patterns that the matrices of a small file may imply, each N:M counted once: as many as one N:M may. */
    private static final int IMPLIED_PATTERNS = PatternSet.MAX_IMPLIED;
    /** Rows or columns of a matrix. */
    static final int DIMENSION = 1 << 24;
    /** Weights of a matrix, pruned ones included, and values it stores: what one Java array can hold. */
    static final long WEIGHTS = Integer.MAX_VALUE - 8;

    private Limits() {}

    /** Bytes that parsing the manifest may allocate, the table of the vocabulary's tokens included. */
    static long manifestHeap(long fileBytes) {
        return MANIFEST_HEAP + 2 * fileBytes;
    }

    /** Patterns of four bytes that a file may imply without listing them, each N:M counted once. */
    static long impliedPatterns(long fileBytes) {
        return IMPLIED_PATTERNS + fileBytes / Long.BYTES;
    }
}
