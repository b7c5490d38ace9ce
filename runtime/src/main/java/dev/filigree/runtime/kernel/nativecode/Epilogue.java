package dev.filigree.runtime.kernel.nativecode;

/** What happens to a product; the order is that of {@code filigree.h}. */
enum Epilogue {
    /** {@code y = W x + b}. */
    STORE,
    /** {@code y = GELU(W x + b)}. */
    GELU,
    /** {@code y += W x + b}: the residual is already in y. */
    ADD
}
