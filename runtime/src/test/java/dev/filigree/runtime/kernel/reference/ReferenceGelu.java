package dev.filigree.runtime.kernel.reference;

/** The oracle's GELU, for tests of other packages. */
public final class ReferenceGelu {
    private ReferenceGelu() {}

    public static double of(double x) {
        return Formulas.gelu(x);
    }
}
