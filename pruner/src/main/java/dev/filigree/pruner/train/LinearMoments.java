package dev.filigree.pruner.train;

/**
 * What the layer-wise least-squares problem of one linear needs: with {@code X = [inputs, 1]} of the pruned stream and {@code Y} the wanted
 * outputs, {@code ‖[W, b] Xᵀ − Y‖²} depends on the tokens only through these sums. The last row and column belong to the bias.
 *
 * @param linear which linear
 * @param tokens tokens summed over, padding left out
 * @param gram {@code XᵀX}, row-major {@code [inputs + 1, inputs + 1]}; one array shared by linears that read the same inputs
 * @param cross {@code YᵀX}, row-major {@code [outputs, inputs + 1]}
 */
public record LinearMoments(PrunableLinear linear, long tokens, double[] gram, double[] cross) {}
