package dev.filigree.runtime.kernel.panel;

/**
 * The layout of activations: {@code [panel][feature][16]}, a panel being {@value #WIDTH} tokens side by side. Token {@code t}, feature
 * {@code f} of {@code features} stands at {@code (t / 16 * features + f) * 16 + t % 16}. Sequences follow one another without a gap, so
 * a panel may hold several sequences, and a sequence may start within a panel.
 */
public final class Panels {
    /** Tokens in a panel. */
    public static final int WIDTH = 16;

    private Panels() {}

    /** Panels that hold so many tokens. */
    public static int count(int tokens) {
        return Math.ceilDiv(tokens, WIDTH);
    }

    /** Where a token's first feature stands; the next one is {@link #WIDTH} further. */
    public static int offset(int token, int features) {
        return token / WIDTH * features * WIDTH + token % WIDTH;
    }
}
